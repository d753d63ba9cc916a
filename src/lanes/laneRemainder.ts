// How much of a proof is still to be done, guessed from its progress. It decides whether an unwanted job is finished or its engine
// killed.
import type { Progress, ProgressStage, ProofMode } from '../engines/jobs.js';

/** The stage after which a proof of the mode is done. What remains in an earlier one says nothing about those that follow. */
const lastStage: Readonly<Record<ProofMode, ProgressStage>> = {
  core: 'proving',
  compressed: 'compressing',
  plonk: 'wrapping',
  groth16: 'wrapping',
};

/**
 * What a new engine pays, after its start, before it can go on with proofs of the mode: the recursion programs, 98 s on 2 cores
 * (docs/engine.md). Far too high a figure would show as lanes that finish unwanted proofs.
 */
const reloadMs: Readonly<Record<ProofMode, number>> = { core: 0, compressed: 98_000, plonk: 98_000, groth16: 98_000 };

export class Remainder {
  #stageSince: number | undefined;
  #latest: Progress | undefined;

  constructor(readonly mode: ProofMode) {}

  /** `at` in running time. */
  observe(progress: Progress, at: number): void {
    if (this.#latest?.stage !== progress.stage) this.#stageSince = at;
    this.#latest = progress;
  }

  /** Whether it is done before a new engine, that takes `startMs` to start, could do the next one. Unknown is no. */
  isWorthFinishing(now: number, startMs: number): boolean {
    const remainingMs = this.remainingMs(now);
    return remainingMs !== undefined && remainingMs < startMs + reloadMs[this.mode];
  }

  /** Milliseconds until the proof is done at the pace of its last stage. Undefined before that stage has shown one. */
  remainingMs(now: number): number | undefined {
    const progress = this.#latest;
    if (progress === undefined || this.#stageSince === undefined || progress.stage !== lastStage[this.mode])
      return undefined;
    if (progress.done === 0 || progress.total === 0) return undefined;
    return ((now - this.#stageSince) / progress.done) * Math.max(0, progress.total - progress.done);
  }
}
