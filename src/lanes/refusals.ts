// Distinguishes a bad engine from bad jobs: a bad engine refuses one job after the other, for different programs.
import type { SteadyMs } from '../clock.js';

/** So many in a row, of at least two programs: one bad program is tried three times by its request alone. */
const refusalsAtMost = 3;
/** The shortest time between two such restarts: a sender of bad programs must not keep a prover from its work. */
const restartEveryMs = 10 * 60_000;

export class Refusals {
  readonly #programs = new Set<string>();
  #inARow = 0;
  #restartedAt = Number.NEGATIVE_INFINITY;

  /** After each job: whether the engine refused it. Answers whether a new engine should be tried. */
  note(program: string, isRefusal: boolean, now: SteadyMs): boolean {
    if (!isRefusal) {
      this.forget();
      return false;
    }
    this.#programs.add(program);
    this.#inARow += 1;
    const isIll = this.#inARow >= refusalsAtMost && this.#programs.size > 1;
    if (!isIll || now < this.#restartedAt + restartEveryMs) return false;
    this.#restartedAt = now;
    this.forget();
    return true;
  }

  forget(): void {
    this.#programs.clear();
    this.#inARow = 0;
  }
}
