// What the network says of requests of here, kept for a moment while they are open there and for good afterwards: clients may ask as often as
// they like, and are answered without it when it does not answer.
import { create, type MessageInitShape } from '@bufbuild/protobuf';
import type { SteadyMs } from '../../clock.js';
import {
  FulfillmentStatus,
  type ProofRequest,
  ProofRequestSchema,
  ProverNetwork,
} from '../../gen/network/network_pb.js';
import { bytesOf, parseRequestId, type RequestId } from '../../ids.js';
import { clocksApartSeconds } from '../../network/findRequest.js';
import { pageSize } from '../../network/listAssigned.js';
import { within } from '../../within.js';
import type { FrontDependencies } from './dependencies.js';

export interface NetworkFields {
  /** This one as it is shown: the network's words, under what is known better here. */
  under(local: ProofRequest): Promise<ProofRequest>;
  /** All of one requester, for at most one call. */
  underAll(local: readonly ProofRequest[]): Promise<ProofRequest[]>;
}

const openForMs = 2_000;
const mostKept = 10_000;
/** Nobody waits longer for what the answer can do without (ms). */
const patienceMs = 2_000;
const finalThere = new Set<number>([FulfillmentStatus.FULFILLED, FulfillmentStatus.UNFULFILLABLE]);

interface Kept {
  readonly at: SteadyMs;
  readonly request: ProofRequest;
}

export function createNetworkFields({
  network,
  registry,
  clock,
}: Pick<FrontDependencies, 'network' | 'registry' | 'clock'>): NetworkFields {
  const { upstream } = network;
  const { getProofRequestDetails, getFilteredProofRequests } = ProverNetwork.method;
  const kept = new Map<RequestId, Kept>();
  const underWay = new Map<string, Promise<void>>();

  function fresh(id: RequestId | undefined): ProofRequest | undefined {
    const found = id && kept.get(id);
    const isFresh = found && (finalThere.has(found.request.fulfillmentStatus) || clock.steady() - found.at < openForMs);
    return isFresh ? found.request : undefined;
  }

  function keep(request: ProofRequest | undefined): void {
    const id = request && parseRequestId(request.requestId);
    if (request === undefined || id === undefined) return;
    if (kept.size >= mostKept) kept.clear();
    kept.set(id, { at: clock.steady(), request });
  }

  /** One call at a time for one thing. Never rejects, and may end before it is answered. */
  function asked(what: string, ask: () => Promise<void>): Promise<void> {
    const asking =
      underWay.get(what) ??
      ask()
        .catch(() => {})
        .finally(() => underWay.delete(what));
    underWay.set(what, asking);
    return within(clock, patienceMs, asking);
  }

  function shown(local: ProofRequest): ProofRequest {
    const id = parseRequestId(local.requestId);
    const there = fresh(id);
    if (id === undefined || there === undefined) return local;
    const view = registry.view(id);
    // As its status: the network's, which has the proof.
    const isElsewhere = view?.state === 'failed' && view.failure.code === 'PROVED_ELSEWHERE';
    if (!isElsewhere) return overlaid(local, there);
    // Two fields on which older SDKs fail: whether they are there is decided with ours.
    const { error, stdinPrivate } = local;
    return { ...there, error, stdinPrivate, stdinPublicUri: '' };
  }

  return {
    async under(local) {
      const id = parseRequestId(local.requestId);
      if (id !== undefined && fresh(id) === undefined)
        await asked(id, async () => {
          const answer = await upstream.read(getProofRequestDetails, { requestId: bytesOf(id) }, 0);
          keep(answer.request);
        });
      return shown(local);
    },

    async underAll(local) {
      const missing = local.filter(({ requestId }) => fresh(parseRequestId(requestId)) === undefined);
      const [first] = missing;
      if (first !== undefined) {
        const times = missing.map(({ createdAt }) => createdAt).sort((a, b) => (a < b ? -1 : 1));
        const from = (times[0] ?? 0n) - clocksApartSeconds;
        const to = (times.at(-1) ?? 0n) + clocksApartSeconds;
        const { requester } = first;
        await asked([Buffer.from(requester).toString('hex'), from, to].join(), async () => {
          const filter = { requester, from, to, limit: pageSize };
          for (const request of (await upstream.read(getFilteredProofRequests, filter, 0)).requests) keep(request);
        });
      }
      return local.map(shown);
    },
  };
}

/** Status, cause and times are ours: what the network says of them comes after. An input is shown to nobody. */
function overlaid(local: ProofRequest, there: ProofRequest): ProofRequest {
  const ours: MessageInitShape<typeof ProofRequestSchema> = {
    fulfillmentStatus: local.fulfillmentStatus,
    executionStatus: local.executionStatus,
    executeFailCause: local.executeFailCause,
    error: local.error,
    stdinPrivate: local.stdinPrivate,
    createdAt: local.createdAt,
    updatedAt: local.updatedAt,
    stdinPublicUri: '',
  };
  const known = (['fulfilledAt', 'cycles', 'gasUsed', 'publicValuesHash', 'errorTrace'] as const).filter(
    (name) => local[name] !== undefined,
  );
  const { fulfilledAt: _, errorTrace: __, ...theirs } = there;
  return create(ProofRequestSchema, {
    ...theirs,
    ...ours,
    ...Object.fromEntries(known.map((name) => [name, local[name]])),
  });
}
