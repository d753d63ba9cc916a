// Watches the network by lists of all that is assigned to us, never by a call a client's poll: what is gone from them was ended there.
import type { Clock, SteadyMs } from '../clock.js';
import type { ProofRequest } from '../gen/network/network_pb.js';
import type { Address, RequestId } from '../ids.js';
import type { Log } from '../log.js';
import type { Store } from '../store/environment.js';
import type { Adoption } from './adoption.js';
import type { Deliveries } from './deliveries.js';
import { listAssigned } from './listAssigned.js';
import type { NetworkWatch } from './networkWatch.js';
import { believedEndMs, readRequest } from './readRequest.js';
import type { Upstream } from './upstream.js';

export interface Watcher {
  start(): void;
  /** Since the list was last read to the end and looked through, or since the start (ms). Undefined before it. */
  lagMs(): number | undefined;
  stop(): void;
}

export interface WatcherParameters {
  readonly upstream: Upstream;
  readonly clock: Clock;
  readonly log: Log;
  readonly store: Store;
  readonly deliveries: Deliveries;
  readonly owner: () => Address | undefined;
  readonly adoption: Adoption;
  readonly watch: Pick<NetworkWatch, 'pageRead'>;
  /** Called with each round, for what else has to be looked at. */
  readonly eachRound: () => Promise<void>;
}

/** No presigned URL of the network lives longer (ms). */
const uploadLifeMs = 24 * 60 * 60_000;
const forgottenAtOnce = 1_000;
const busyMs = 5_000;
const idleMs = 30_000;
const watched = new Set(['working', 'pending', 'backingOff']);

export function createWatcher(parameters: WatcherParameters): Watcher {
  const { upstream, clock, log, deliveries, owner, adoption, watch } = parameters;
  let cancel = () => {};
  let lastRound: SteadyMs | undefined;
  let lastWhole: SteadyMs | undefined;
  let stopped = false;
  /** Given up at a first reading. */
  const doubted = new Map<RequestId, () => void>();

  async function lookAtMissing(listed: ReadonlyMap<RequestId, ProofRequest>, us: Address): Promise<void> {
    for (const { state, context } of deliveries.open.views()) {
      const { networkId } = context;
      if (!watched.has(state) || listed.has(networkId)) continue;
      // A list may lag behind. What is missing in it is asked for by itself.
      const seen = await readRequest(upstream, networkId, 0);
      if (seen.state === 'fulfilled')
        deliveries.send(networkId, { type: 'NETWORK_TERMINAL', end: 'fulfilled', ours: seen.fulfiller === us });
      else if (seen.state === 'unfulfillable') readAgain(networkId);
      else if (seen.state === 'assigned' && seen.fulfiller !== us)
        deliveries.send(networkId, { type: 'ASSIGNED_ELSEWHERE' });
    }
  }

  /** What the network takes back within that time was no end. */
  function readAgain(networkId: RequestId): void {
    if (doubted.has(networkId)) return;
    const look = async () => {
      const seen = await readRequest(upstream, networkId, 0);
      if (seen.state !== 'unfulfillable' || stopped) return;
      deliveries.send(networkId, { type: 'NETWORK_TERMINAL', end: 'unfulfillable', ours: false, error: seen.error });
    };
    const cancelLook = clock.wakeIn(believedEndMs, () => {
      // Unread, it is looked at with the next round.
      void look()
        .catch(() => {})
        .finally(() => doubted.delete(networkId));
    });
    doubted.set(networkId, cancelLook);
  }

  async function round(): Promise<void> {
    await parameters.eachRound();
    await forgetUploads(parameters);
    const us = owner();
    if (us === undefined) return;
    const listed = await listAssigned(upstream, us, watch.pageRead);
    await lookAtMissing(listed, us);
    lastWhole = clock.steady();
    await adoption.look(listed);
  }

  async function run(): Promise<void> {
    const isIdle = deliveries.open.size === 0;
    if (!isIdle || lastRound === undefined || clock.steady() - lastRound >= idleMs) {
      lastRound = clock.steady();
      await round().catch((error: unknown) =>
        log.debug({ event: 'network.unwatched', err: error }, 'the network does not answer its watcher'),
      );
    }
    if (!stopped) cancel = clock.wakeIn(busyMs, () => void run());
  }

  return {
    start() {
      lastWhole = clock.steady();
      void run();
    },
    lagMs: () => (lastWhole === undefined ? undefined : clock.steady() - lastWhole),
    stop() {
      stopped = true;
      cancel();
      for (const cancelLook of doubted.values()) cancelLook();
    },
  };
}

/** Places in the network's store that cannot be written any more. What was registered needs them no longer. */
async function forgetUploads({ store, clock }: Pick<WatcherParameters, 'store' | 'clock'>): Promise<void> {
  const old = [...store.scan('networkUploads', [], { limit: forgottenAtOnce })].filter(
    ({ value }) => value.at < clock.now() - uploadLifeMs,
  );
  if (old.length === 0) return;
  await store.write((tx) => {
    for (const { key, value } of old) {
      tx.remove('networkUploads', ...key);
      tx.remove('networkUploadUris', value.artifactId);
    }
  });
}
