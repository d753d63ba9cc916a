// A map of what was seen lately: it forgets whatever has not been touched for a while, and the oldest when there is too much of it.
// It has no timer: what is too old is removed when something new comes.
import type { Clock, EpochMs } from '../../../clock.js';

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
  touch(key: string, make: () => V): V {
    const now = this.#clock.now();
    const found = this.#entries.get(key);
    this.#entries.delete(key);
    this.#makeRoom(now);
    const value = found === undefined || this.#isOld(found, now) ? make() : found.value;
    this.#entries.set(key, { value, touchedAt: now });
    return value;
  }

  #isOld({ touchedAt }: { touchedAt: EpochMs }, now: EpochMs): boolean {
    return now - touchedAt > this.#limits.idleMs;
  }

  #makeRoom(now: EpochMs): void {
    for (const [key, entry] of this.#entries) {
      if (this.#entries.size < this.#limits.entries && !this.#isOld(entry, now)) return;
      this.#entries.delete(key);
    }
  }
}
