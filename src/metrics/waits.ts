// Lengths of time, of which only quantiles are asked for: counted in classes that grow, so that it has the same size whatever is added.

/** Each class is a quarter wider than the one before, and told as its middle: within an eighth. */
const growth = 1.25;
const firstMs = 10;
/** The last one has all of a day and longer. */
const classes = Math.ceil(Math.log(86_400_000 / firstMs) / Math.log(growth)) + 1;

export class Waits {
  readonly #counts = new Uint32Array(classes);
  #samples = 0;

  get samples(): number {
    return this.#samples;
  }

  add(ms: number): void {
    const found = ms <= firstMs ? 0 : Math.ceil(Math.log(ms / firstMs) / Math.log(growth));
    const index = Math.min(found, classes - 1);
    this.#counts[index] = (this.#counts[index] ?? 0) + 1;
    this.#samples += 1;
  }

  /** 0 when there is none, and of what is shorter than a class. */
  quantileMs(share: number): number {
    const rank = Math.ceil(share * this.#samples);
    let seen = 0;
    let index = 0;
    for (; index < classes - 1; index += 1) {
      seen += this.#counts[index] ?? 0;
      if (seen >= rank) break;
    }
    return index === 0 ? 0 : (firstMs * growth ** index * (1 + 1 / growth)) / 2;
  }
}
