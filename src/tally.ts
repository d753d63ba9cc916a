// Counts per key; zeros are dropped.

export class Tally<K> {
  readonly #counts = new Map<K, number>();

  of(key: K): number {
    return this.#counts.get(key) ?? 0;
  }

  /** With counts other than zero. */
  entries(): IterableIterator<[K, number]> {
    return this.#counts.entries();
  }

  /** Adds one unless `by` says otherwise. `by` may be negative. */
  add(key: K, by = 1): void {
    const count = this.of(key) + by;
    if (count === 0) this.#counts.delete(key);
    else this.#counts.set(key, count);
  }
}
