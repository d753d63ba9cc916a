// Deletes proofs, and what is remembered of operators' calls, when their time is over. One timer for the next expiry. What a stop has
// delayed is done at the next start.
import type { ArtifactBackend } from '../artifacts/port.js';
import { type Clock, lookAgainMs } from '../clock.js';
import type { RequestId } from '../ids.js';
import type { Log } from '../log.js';
import type { Store } from '../store/environment.js';
import { proofPlaceOf } from './effects/requestArtifacts.js';
import type { Registry } from './registry.js';

export interface Retention {
  /** Deletes what is due and waits for the next. Call again when an earlier expiry may have been added. */
  start(): void;
  stop(): void;
}

/** Never at once again (ms): a failing deletion must not spin. */
const minSleepMs = 1_000;
/** At most so many in one go, to keep the loop free. */
const batch = 100;

export function createRetention(parameters: {
  store: Store;
  artifacts: ArtifactBackend;
  registry: Pick<Registry, 'view'>;
  clock: Clock;
  log: Log;
}): Retention {
  const { store, artifacts, registry, clock, log } = parameters;
  let cancelWake: (() => void) | undefined;
  let stopped = false;

  async function deleteDue(): Promise<void> {
    const due: Array<[number, string, string]> = [];
    for (const { key } of store.scan('expiries', [], { limit: batch })) {
      if (key[0] > clock.now()) break;
      due.push(key);
    }
    for (const key of due) {
      const [, what, id] = key;
      if (what === 'operation') {
        await store.write((tx) => {
          tx.remove('expiries', ...key);
          tx.remove('operations', id);
        });
        continue;
      }
      const view = registry.view(key[2] as RequestId);
      const proof = view?.state === 'fulfilled' ? view.proof : undefined;
      await store.write((tx) => {
        tx.remove('expiries', ...key);
        if (proof) tx.remove('artifacts', proof.id);
      });
      // The record first: a file without a record is swept at boot, a record without a file would be an error to the user.
      if (view && proof) await artifacts.remove(proof.id, proofPlaceOf(view.request));
    }
  }

  async function run(): Promise<void> {
    try {
      await deleteDue();
    } catch (error) {
      if (!stopped) log.error({ event: 'retention.failed', err: error }, 'expired proofs stay until the next try');
    }
    if (stopped) return;
    const [next] = store.scan('expiries', [], { limit: 1 });
    const untilNextMs = (next?.key[0] ?? Number.POSITIVE_INFINITY) - clock.now();
    // Not one long sleep: once the clock was set back, what is added expires before all that is there.
    cancelWake = clock.wakeIn(Math.min(lookAgainMs, Math.max(minSleepMs, untilNextMs)), () => void run());
  }

  return {
    start: () => void run(),
    stop() {
      stopped = true;
      cancelWake?.();
    },
  };
}
