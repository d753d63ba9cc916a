// What to do with a request that the network has assigned to us and that has no delivery here: take it in, attach it to the one whose input
// it shares, tell the network that there will be no proof, or leave it.
import type { Catalog } from '../artifacts/catalog.js';
import { proofModeNumber, proofModes } from '../engines/jobs.js';
import { FailureError } from '../failures/failureError.js';
import type { ProofRequest } from '../gen/network/network_pb.js';
import { type Address, type ArtifactId, parseAddress, parseVkHash, type RequestId } from '../ids.js';
import type { Registry, Submission } from '../requests/registry.js';
import type { Store } from '../store/environment.js';
import { createAside } from './aside.js';
import type { Deliveries } from './deliveries.js';
import { fetchArtifact } from './fetchArtifact.js';
import { type FetchProgramParameters, fetchProgram } from './fetchProgram.js';
import type { Intake } from './intake.js';
import type { Intents } from './intents.js';
import type { NetworkWatch } from './networkWatch.js';
import { UrlError } from './openUrl.js';
import { parseStdinUri } from './stdinUri.js';
import { takeIn } from './takeIn.js';

/** Requests whose input is not of here: leave them, tell the network that there will be no proof, or fetch the input where it is public. */
export type AdoptPolicy = 'known' | 'fail' | 'prove-public';

export interface Adoption {
  /** `listed`: all that is assigned to us. */
  look(listed: ReadonlyMap<RequestId, ProofRequest>): Promise<void>;
  /** What was left alone, and is assigned to us still. */
  readonly left: ReadonlyMap<RequestId, LeftRequest>;
  stop(): void;
}

export interface LeftRequest {
  readonly requester: Address | undefined;
  /** Epoch ms. */
  readonly deadlineAt: number;
}

export interface AdoptionParameters extends FetchProgramParameters {
  readonly watch: Pick<NetworkWatch, 'adopted' | 'duplicated' | 'programFetched'>;
  readonly store: Store;
  readonly catalog: Catalog;
  readonly registry: Pick<Registry, 'submit' | 'view'>;
  readonly deliveries: Deliveries;
  readonly intents: Pick<Intents, 'get'>;
  readonly intake: Pick<Intake, 'claim'>;
  readonly publicUrl: string;
  readonly lateGraceMs: number;
  readonly adopt: AdoptPolicy;
  /** What is asked for, of an input of here. Throws the Failure for which it cannot be proved here. */
  readonly readSubmission: (request: ProofRequest, stdinId: ArtifactId) => Submission;
}

export function createAdoption(parameters: AdoptionParameters): Adoption {
  const { clock, log, store, catalog, registry, deliveries, watch } = parameters;
  const { intents, intake, publicUrl, lateGraceMs } = parameters;
  const aside = createAside(log);
  const left = new Map<RequestId, LeftRequest>();

  /** Report and end of a request that is not proved here, or not again. */
  async function report(networkId: RequestId, localId: RequestId | null, deadlineAt: number): Promise<void> {
    await store.write((tx) =>
      deliveries.writeFirst(tx, { networkId, localId, deadlineAt, closesAt: deadlineAt + lateGraceMs }),
    );
    deliveries.begin(networkId);
  }

  async function refuse(networkId: RequestId, deadlineAt: number, reason: string): Promise<void> {
    log.error({ event: 'network.unprovable', networkId, reason }, 'assigned to us, and there will be no proof of it');
    await report(networkId, null, deadlineAt);
    watch.adopted('failed');
  }

  function leave(networkId: RequestId, found: LeftRequest): void {
    const isKnown = left.has(networkId);
    left.set(networkId, found);
    if (isKnown) return;
    watch.adopted('left');
    log.info({ event: 'network.left', networkId }, 'assigned to us and not asked for here: left alone');
  }

  /** A look takes a while, and meanwhile what the one before has left is shown. */
  function forgetLeft(listed: ReadonlyMap<RequestId, ProofRequest>): void {
    for (const [id, { deadlineAt }] of left)
      if (!listed.has(id) || deadlineAt <= clock.now() || store.get('deliveries', id) !== undefined) left.delete(id);
  }

  /** The input is here, of this requester, and was never used. */
  function isUnused(stdinId: ArtifactId, requester: Address): boolean {
    const record = catalog.lookup(stdinId);
    return record?.kind === 'stdin' && record.owner === requester && !record.spent;
  }

  /** Throws a UrlError, an UpstreamError, and as `fetchProgram` does. */
  async function fetchOf({ programPublicUri, programUri, vkHash: hash, requester: address }: ProofRequest) {
    const requester = parseAddress(address);
    const vkHash = parseVkHash(hash);
    if (requester === undefined || vkHash === undefined) throw new UrlError('it names no program', false);
    const url = programPublicUri === '' ? programUri : programPublicUri;
    await fetchProgram(parameters, { url, vkHash, requester }, aside.signal);
  }

  /** Throws a FailureError or a UrlError of what cannot be proved here. */
  async function adopt(networkId: RequestId, request: ProofRequest, stdinId: ArtifactId): Promise<void> {
    let submission: Submission;
    try {
      submission = parameters.readSubmission(request, stdinId);
    } catch (error) {
      if (!(error instanceof FailureError) || error.failure.code !== 'PROGRAM_NOT_FOUND') throw error;
      await fetchOf(request);
      submission = parameters.readSubmission(request, stdinId);
    }
    await takeIn(parameters, { submission, networkId });
    log.warn({ event: 'network.adopted', networkId }, 'the network has assigned a request that was not recorded here');
  }

  async function elsewhere(networkId: RequestId, request: ProofRequest, found: LeftRequest): Promise<void> {
    const { requester, deadlineAt } = found;
    if (parameters.adopt === 'fail') return refuse(networkId, deadlineAt, 'its input is not of here');
    const isPublic = request.stdinPublicUri !== '' && !request.stdinPrivate && requester !== undefined;
    if (parameters.adopt === 'known' || !isPublic || left.has(networkId)) return leave(networkId, found);
    aside.run(
      networkId,
      async () => {
        const input = { url: request.stdinPublicUri, kind: 'stdin', owner: requester } as const;
        const { id } = await fetchArtifact(parameters, input, aside.signal);
        await adopt(networkId, request, id);
        watch.adopted('public');
      },
      (reason) => {
        log.warn({ event: 'network.not_public', networkId, reason }, 'its input or program cannot be had: left alone');
        left.set(networkId, found);
        watch.adopted('left');
      },
    );
  }

  async function one(networkId: RequestId, request: ProofRequest): Promise<void> {
    const deadlineAt = Number(request.deadline) * 1000;
    if (deadlineAt <= clock.now()) return;
    const requester = parseAddress(request.requester);
    const stdinId = parseStdinUri(publicUrl, request.stdinUri);
    if (stdinId === undefined) return elsewhere(networkId, request, { requester, deadlineAt });
    if (requester === undefined) return refuse(networkId, deadlineAt, 'its requester has no address');
    const intent = intents.get(requester, stdinId);
    // Of the same input and something else: what became of the intent is not known yet.
    if (intent !== undefined)
      return isSame(intent.submission, request, requester) ? intake.claim(intent, networkId) : undefined;
    const localId = store.get('requestOfStdin', stdinId);
    const local = localId && registry.view(localId)?.request;
    // Anybody may name this URI at the network, with a program of their own. Only what is the same request in all of it gets the same proof.
    if (localId !== undefined && local !== undefined && isSame(local, request, requester)) {
      log.warn({ event: 'network.duplicate', networkId, localId }, 'the network has this request twice: one proof');
      watch.duplicated();
      return report(networkId, localId, deadlineAt);
    }
    if (local === undefined && isUnused(stdinId, requester))
      return aside.run(
        networkId,
        async () => {
          await adopt(networkId, request, stdinId);
          watch.adopted('input');
        },
        (reason) => refuse(networkId, deadlineAt, reason),
      );
    return refuse(networkId, deadlineAt, "its input is not here, or is another's");
  }

  return {
    left,
    stop: () => aside.stop(),
    async look(listed) {
      for (const [id, request] of listed) {
        if (store.get('deliveries', id) !== undefined) continue;
        await one(id, request).catch((error: unknown) =>
          log.warn({ event: 'network.not_adopted', networkId: id, err: error }, 'looked at again with the next round'),
        );
      }
      forgetLeft(listed);
    },
  };
}

const isSame = (
  ours: Pick<Submission, 'requester' | 'vkHash' | 'mode'>,
  request: ProofRequest,
  requester: Address,
): boolean =>
  ours.requester === requester &&
  ours.vkHash === parseVkHash(request.vkHash) &&
  proofModes.some((mode) => mode === ours.mode && proofModeNumber[mode] === (request.mode as number));
