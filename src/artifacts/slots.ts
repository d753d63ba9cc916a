// A bounded number of things at once; the rest wait in order of arrival, up to a bound of their own.
import { FailureError, fail } from '../errors.js';

/** At most `size` holders; at most `waiting` more wait, the next is refused with QUEUE_FULL. */
export class Slots {
  #free: number;
  readonly #queue = new Set<() => void>();

  constructor(
    size: number,
    private readonly waiting: number,
  ) {
    this.#free = size;
  }

  /** Resolves with the function that gives the slot back, to be called once. Rejects with QUEUE_FULL, or ABORTED by the signal. */
  async acquire(signal: AbortSignal): Promise<() => void> {
    if (signal.aborted) throw new FailureError(fail('ABORTED'));
    if (this.#free > 0) {
      this.#free -= 1;
      return () => this.#release();
    }
    if (this.#queue.size >= this.waiting) throw new FailureError(fail('QUEUE_FULL', { limit: this.waiting }));
    await new Promise<void>((resolve, reject) => {
      const abandon = () => {
        this.#queue.delete(granted);
        reject(new FailureError(fail('ABORTED')));
      };
      const granted = () => {
        signal.removeEventListener('abort', abandon);
        resolve();
      };
      this.#queue.add(granted);
      signal.addEventListener('abort', abandon, { once: true });
    });
    return () => this.#release();
  }

  /** The slot goes straight to who has waited longest, so that a newcomer cannot take it in between. */
  #release(): void {
    const [next] = this.#queue;
    if (next === undefined) {
      this.#free += 1;
      return;
    }
    this.#queue.delete(next);
    next();
  }
}
