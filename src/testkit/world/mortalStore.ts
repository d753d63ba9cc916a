// A store that can die: from then on nothing is written and no call gets an answer, as after kill -9. The LMDB environment under it
// stays open for the next life.
import type { Store } from '../../store/environment.js';

export interface MortalStore extends Store {
  /** Writes under way may or may not be on disk, as in a real crash. */
  die(): void;
  /** Writes that have not been answered. */
  readonly pending: number;
}

const never = <T>(): Promise<T> => new Promise<T>(() => {});

export function mortalStore(store: Store): MortalStore {
  let dead = false;
  let pending = 0;
  return {
    get pending() {
      return pending;
    },
    get: store.get,
    scan: store.scan,
    slices: store.slices,
    write: (work) => {
      if (dead) return never();
      pending += 1;
      const written = store.write(work).finally(() => {
        pending -= 1;
      });
      return written.then(
        (result) => (dead ? never<typeof result>() : result),
        (error: unknown) => (dead ? never() : Promise.reject(error)),
      );
    },
    settled: () => (dead ? never() : store.settled()),
    copyTo: store.copyTo,
    size: store.size,
    purge: store.purge,
    close: () => store.close(),
    die() {
      dead = true;
    },
  };
}
