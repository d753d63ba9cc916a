// A bounded number of things at once, shared fairly. No owner holds all the slots, waiting owners take turns, and the owner that fills
// the line gives way to others.

import { fail } from '../failures/fail.js';
import { FailureError } from '../failures/failureError.js';
import { Tally } from '../tally.js';

export interface SlotLimits {
  readonly size: number;
  /** Most that one owner holds at once. */
  readonly perOwner: number;
  /** Most that wait, of all owners together. */
  readonly waiting: number;
}

interface Waiter {
  grant(): void;
  refuse(): void;
}

export class Slots {
  #free: number;
  readonly #held = new Tally<string>();
  /** Who waits, by owner, the next in turn first. A Map keeps the order. Within an owner by arrival. */
  readonly #lines = new Map<string, Set<Waiter>>();
  #waiting = 0;

  constructor(private readonly limits: SlotLimits) {
    this.#free = limits.size;
  }

  /** How many are taken, and how many wait for one. */
  get counts(): { readonly running: number; readonly waiting: number } {
    return { running: this.limits.size - this.#free, waiting: this.#waiting };
  }

  /** Resolves with the function that gives the slot back, to be called once. Rejects with UPLOADS_BUSY, or ABORTED by the signal. */
  async acquire(owner: string, signal: AbortSignal): Promise<() => void> {
    if (signal.aborted) throw new FailureError(fail('ABORTED'));
    if (this.#mayTake(owner)) this.#take(owner);
    else await this.#wait(owner, signal);
    return () => {
      this.#free += 1;
      this.#held.add(owner, -1);
      this.#serve();
    };
  }

  #mayTake(owner: string): boolean {
    return this.#free > 0 && this.#held.of(owner) < this.limits.perOwner;
  }

  #take(owner: string): void {
    this.#free -= 1;
    this.#held.add(owner);
  }

  async #wait(owner: string, signal: AbortSignal): Promise<void> {
    if (this.#waiting >= this.limits.waiting) this.#makeRoomFor(owner);
    await new Promise<void>((resolve, reject) => {
      const leave = (code: 'ABORTED' | 'UPLOADS_BUSY') => {
        this.#remove(owner, waiter);
        signal.removeEventListener('abort', abandon);
        reject(new FailureError(code === 'ABORTED' ? fail(code) : fail(code, { waiting: this.limits.waiting })));
      };
      const abandon = () => leave('ABORTED');
      const waiter: Waiter = {
        grant: () => {
          this.#remove(owner, waiter);
          signal.removeEventListener('abort', abandon);
          resolve();
        },
        refuse: () => leave('UPLOADS_BUSY'),
      };
      const line = this.#lines.get(owner) ?? new Set();
      this.#lines.set(owner, line.add(waiter));
      this.#waiting += 1;
      signal.addEventListener('abort', abandon, { once: true });
    });
  }

  /** The last of the longest line is refused, or the newcomer when that would not make the lines more equal. */
  #makeRoomFor(owner: string): void {
    const own = this.#lines.get(owner)?.size ?? 0;
    let longest: ReadonlySet<Waiter> = new Set();
    for (const line of this.#lines.values()) if (line.size > longest.size) longest = line;
    if (longest.size <= own + 1) throw new FailureError(fail('UPLOADS_BUSY', { waiting: this.limits.waiting }));
    [...longest].at(-1)?.refuse();
  }

  #remove(owner: string, waiter: Waiter): void {
    const line = this.#lines.get(owner);
    if (line?.delete(waiter)) this.#waiting -= 1;
    if (line?.size === 0) this.#lines.delete(owner);
  }

  /** Slots go straight to those whose turn it is, so that a newcomer cannot take one in between. */
  #serve(): void {
    for (const [owner, line] of [...this.#lines]) {
      if (this.#free === 0) return;
      const [next] = line;
      if (next === undefined || !this.#mayTake(owner)) continue;
      this.#take(owner);
      next.grant();
      // Its next turn comes after all others.
      if (!this.#lines.delete(owner)) continue;
      this.#lines.set(owner, line);
    }
  }
}
