// Everything between this service and the public network, put together: who we are there, what is forwarded, what is reported, what is watched.
import type { Readable } from 'node:stream';
import type { Catalog } from '../artifacts/catalog.js';
import type { ArtifactBackend } from '../artifacts/port.js';
import type { Signer } from '../client/signer.js';
import type { Clock } from '../clock.js';
import { fail } from '../failures/fail.js';
import { FailureError } from '../failures/failureError.js';
import type { Address, RequestId, VkHash } from '../ids.js';
import type { Log } from '../log.js';
import type { DeliveryState } from '../machines/delivery/view.js';
import type { Registry } from '../requests/registry.js';
import type { TakeProof } from '../requests/takeProof.js';
import type { Store } from '../store/environment.js';
import { type AdoptionParameters, type AdoptPolicy, createAdoption, type LeftRequest } from './adoption.js';
import { createDeliveries, type Deliveries, type DeliveriesParameters } from './deliveries.js';
import { createIntake, type Intake } from './intake.js';
import { createIntents } from './intents.js';
import type { LargeReports } from './largeReports.js';
import { createNetworkPrograms, type NetworkPrograms } from './networkPrograms.js';
import { createNetworkProofs } from './networkProofs.js';
import type { NetworkWatch } from './networkWatch.js';
import { openOwnership } from './ownerOf.js';
import { createProgramUploads, type ProgramUploads } from './programUploads.js';
import type { Direction, DirectionState, Reachability } from './reachability.js';
import type { DeliveryPolicy } from './reportOf.js';
import { createReservations, type Reservation } from './reservations.js';
import { createSigningKeys } from './signingKeys.js';
import { createStopWork } from './stopWork.js';
import { unwantedRequests } from './unwantedWork.js';
import type { Upstream } from './upstream.js';
import { watchedUpstream } from './watchedUpstream.js';
import { createWatcher } from './watcher.js';

export interface NetworkPorts {
  readonly upstream: Upstream;
  readonly reachability: Pick<Reachability, Direction>;
  /** Without it every proof is held while it is sent. */
  readonly largeReports?: LargeReports;
  /** The first signs what is new, the others finish what they have begun. */
  readonly signers: readonly [Signer, ...Signer[]];
  readonly url: string;
}

export interface NetworkSettings extends DeliveryPolicy {
  /** After its deadline a proof is still offered for so long (ms). */
  readonly lateGraceMs: number;
  /** A request whose deadline is nearer is refused (ms). */
  readonly deadlineMarginMs: number;
  /** Where clients fetch their proofs: from us, or from the network once it has them. */
  readonly serveProofs: 'here' | 'network';
  readonly programUploads: 'here' | 'direct';
  readonly adopt: AdoptPolicy;
  /** Where programs and public inputs may be fetched from. */
  readonly hosts: readonly string[];
  /** Drop what is owed to another network, or under another key. */
  readonly forget: boolean;
}

export interface NetworkHealth {
  /** It answers, as far as is known in both directions. */
  readonly reachable: boolean;
  readonly reads: DirectionState;
  readonly writes: DirectionState;
  readonly lastAnswerAt: number | undefined;
  readonly owner: Address | undefined;
  /** Reports that are not made yet, and how long the oldest of them has waited. */
  readonly pending: number;
  readonly oldestPendingSeconds: number;
}

export interface NetworkCounts {
  /** Open ones. */
  readonly deliveries: ReadonlyMap<DeliveryState, number>;
  /** Requests whose fate at the network is not known. */
  readonly intents: number;
  /** Of all keys. */
  readonly foreignNonces: number;
  /** Since the network's lists were read to the end, or since the start. Undefined before it. */
  readonly watcherLagMs: number | undefined;
}

export interface Network {
  readonly upstream: Upstream;
  /** Whether it is a key of the prover, or whom it signs for. */
  readonly isProver: (address: Address) => boolean;
  readonly owner: () => Address | undefined;
  readonly intake: Intake;
  readonly reservationOf: (requester: Address) => Promise<Reservation>;
  /** Resolves when it is known who proves this request, or after a while without that. */
  readonly assigned: (networkId: RequestId) => Promise<'ours' | 'other' | 'unknown'>;
  readonly publicUrl: string;
  readonly settings: NetworkSettings;
  readonly programUploads: ProgramUploads;
  readonly programs: NetworkPrograms;
  readonly deliveries: Omit<Deliveries, 'writeFirst' | 'begin' | 'send' | 'restore' | 'stop'>;
  /** Assigned to us, and left alone. */
  readonly left: () => ReadonlyMap<RequestId, LeftRequest>;
  /** How many requests that name this program are on their way to the network, or are lost there. */
  naming(vkHash: VkHash): number;
  health(): NetworkHealth;
  counts(): NetworkCounts;
  /** Brings open deliveries back. */
  restore(): void;
  start(): void;
  stop(): Promise<void>;
}

export interface NetworkParameters
  extends NetworkPorts,
    Pick<AdoptionParameters, 'readSubmission' | 'register' | 'random' | 'limitBytes'>,
    Pick<DeliveriesParameters, 'feed' | 'audit' | 'life'> {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly catalog: Catalog;
  readonly artifacts: Pick<ArtifactBackend, 'open' | 'receive' | 'measure'>;
  readonly registry: Registry;
  readonly takeProof: TakeProof;
  readonly publicUrl: string;
  readonly settings: NetworkSettings;
  readonly watch: NetworkWatch;
}

/** RequestProof is answered without it after this time (ms). */
const assignmentMs = 5_000;

/** Throws a NetworkChangedError. */
export async function createNetwork(given: NetworkParameters): Promise<Network> {
  const parameters = { ...given, ...watchedUpstream(given) };
  const {
    upstream,
    largeReports,
    reachability,
    signers,
    url,
    store,
    clock,
    log,
    catalog,
    artifacts,
    registry,
    publicUrl,
    settings,
    watch,
  } = parameters;
  const [{ address }, ...others] = signers;
  const { lateGraceMs, forget } = settings;
  const addresses = [address, ...others.map((signer) => signer.address)] as const;
  const ownership = await openOwnership({ store, upstream, url, signers: addresses, forget, clock, log });
  const { owner } = ownership;
  const keys = createSigningKeys({ signers, upstream, clock, log, note: watch.resynced });

  async function openProof(localId: RequestId): Promise<Readable> {
    const view = registry.view(localId);
    if (view?.state !== 'fulfilled') throw new Error(`request ${localId} has no proof`);
    const record = catalog.lookup(view.proof.id);
    if (record === undefined) throw new FailureError(fail('ARTIFACT_NOT_FOUND', { artifactId: view.proof.id }));
    return artifacts.open(view.proof, record);
  }

  const requests = {
    requestView: (localId: RequestId) => registry.view(localId),
    onRequestChange: (listener: Parameters<Registry['onChange']>[0]) => registry.onChange(listener),
  };
  const proofs = createNetworkProofs({ ...parameters, ...requests, hosts: settings.hosts });
  const work = createStopWork({ registry, proofs });
  const deliveries: Deliveries = createDeliveries({
    ...parameters,
    ...requests,
    keys,
    policy: settings,
    owner,
    openProof,
    stopWork: work.stop,
  });
  const programs = createNetworkPrograms({ ...parameters, hosts: settings.hosts });
  const intents = createIntents({ store, catalog });
  const shared = { ...parameters, deliveries, intents, lateGraceMs };
  const intake = createIntake(shared);
  const adoption = createAdoption({ ...shared, ...settings, intake });
  const watcher = createWatcher({ ...shared, owner, adoption, eachRound: () => intake.resolve() });

  return {
    upstream,
    isProver: (asked) => keys.has(asked) || asked === owner(),
    owner,
    intake,
    reservationOf: createReservations({ upstream, clock, owner }),
    async assigned(networkId) {
      const givesUpAt = clock.steady() + assignmentMs;
      for (;;) {
        // What the answer stands for is on disk: the request. Who proves it would be asked again.
        if (deliveries.isOurs(networkId)) return 'ours';
        const view = deliveries.viewOf(networkId);
        const state = view?.state;
        if (state === 'foreign') {
          // Its client may look at the request at once, and it has ended then.
          await work.ended(view?.context.localId ?? networkId);
          return 'other';
        }
        if (state !== 'assigning') return 'ours';
        if (clock.steady() >= givesUpAt) return 'unknown';
        await deliveries.moved(networkId, givesUpAt - clock.steady());
      }
    },
    publicUrl,
    settings,
    programUploads: createProgramUploads(parameters),
    programs,
    deliveries,
    left: () => adoption.left,
    health: () => healthOf({ reachability, deliveries, clock, owner }),
    naming: (vkHash) => intents.all().filter(({ submission }) => submission.vkHash === vkHash).length,
    counts: () => ({
      deliveries: deliveries.open.counts(),
      intents: intents.all().length,
      foreignNonces: keys.foreign,
      watcherLagMs: watcher.lagMs(),
    }),
    restore: () => void deliveries.restore(),
    start() {
      for (const { localId, why } of unwantedRequests({ store, deliveries })) work.stop(localId, why);
      watcher.start();
    },
    async stop() {
      watcher.stop();
      adoption.stop();
      proofs.stop();
      programs.stop();
      ownership.stop();
      keys.close();
      await deliveries.stop();
      upstream.close();
      await largeReports?.close();
    },
  };
}

function healthOf({
  reachability: { reads, writes },
  deliveries,
  clock,
  owner,
}: {
  readonly reachability: NetworkPorts['reachability'];
  readonly deliveries: Pick<Deliveries, 'open'>;
  readonly clock: Pick<Clock, 'now'>;
  readonly owner: () => Address | undefined;
}): NetworkHealth {
  const { count: pending, oldestAt = clock.now() } = deliveries.open.owed();
  return {
    reachable: reads.reachable === true && writes.reachable !== false,
    reads,
    writes,
    lastAnswerAt: Math.max(reads.lastAnswerAt ?? 0, writes.lastAnswerAt ?? 0) || undefined,
    owner: owner(),
    pending,
    oldestPendingSeconds: Math.max(0, Math.floor((clock.now() - oldestAt) / 1000)),
  };
}
