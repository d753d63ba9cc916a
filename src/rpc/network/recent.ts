// A map of what was seen lately: it forgets whatever has not been touched for a while, and the oldest when there is too much of it.
// It has no timer: what is too old is removed when something new comes.
import type { Clock, EpochMs } from '../../clock.js';

export interface RecentLimits {
  readonly entries: number;
  /** Untouched for longer than this it is forgotten (ms). */
  readonly idleMs: number;
}

export class Recent<V> {
  readonly #clock: Clock;
  readonly #limits: RecentLimits;
  /** In order of their last touch. */
  readonly #entries = new Map<string, { value: V; touchedAt: EpochMs }>();

  constructor(clock: Clock, limits: RecentLimits) {
    this.#clock = clock;
    this.#limits = limits;
  }

  /** What is known under this key, made anew if nothing is. */
  touch(key: string, make: () => V): { value: V; isNew: boolean } {
    const now = this.#clock.now();
    this.#forget(now);
    const found = this.#entries.get(key);
    if (found !== undefined) this.#entries.delete(key);
    const value = found === undefined ? make() : found.value;
    this.#entries.set(key, { value, touchedAt: now });
    return { value, isNew: found === undefined };
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Makes room for one more. */
  #forget(now: EpochMs): void {
    for (const [key, { touchedAt }] of this.#entries) {
      if (this.#entries.size < this.#limits.entries && now - touchedAt <= this.#limits.idleMs) return;
      this.#entries.delete(key);
    }
  }
}
