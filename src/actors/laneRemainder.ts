// How much of a proof is still to be done, guessed from its progress: the one question on which it depends whether a job that
// nobody wants any more is finished or its engine killed.
import type { Progress, ProgressStage, ProofMode } from '../engines/jobs.js';

/** The stage after which a proof of the mode is done. What remains in an earlier one says nothing about those that follow. */
const lastStage: Readonly<Record<ProofMode, ProgressStage>> = {
  core: 'proving',
  compressed: 'compressing',
  plonk: 'wrapping',
  groth16: 'wrapping',
};

export class Remainder {
  #stageSince: number | undefined;
  #latest: Progress | undefined;

  constructor(readonly mode: ProofMode) {}

  /** `at` in epoch ms. */
  observe(progress: Progress, at: number): void {
    if (this.#latest?.stage !== progress.stage) this.#stageSince = at;
    this.#latest = progress;
  }

  /** Milliseconds until the proof is done at the pace of its last stage; undefined before that stage has shown one. */
  remainingMs(now: number): number | undefined {
    const progress = this.#latest;
    if (progress === undefined || this.#stageSince === undefined || progress.stage !== lastStage[this.mode])
      return undefined;
    if (progress.done === 0 || progress.total === 0) return undefined;
    return ((now - this.#stageSince) / progress.done) * Math.max(0, progress.total - progress.done);
  }
}
