// Looks at the target again and again while a proxy runs, so that verdicts do not run out under calls, and that one that falls behind is noticed.
import { type AttestedConnections, refusedForMs } from '../attestation/attested/connections.js';
import type { Clock } from '../clock.js';

export interface KeepAttestedParameters {
  readonly connections: Pick<AttestedConnections, 'attest'>;
  /** How long a verdict holds (ms). */
  readonly verdictMs: number;
  readonly clock: Clock;
  /** After each look. Undefined: it was accepted. */
  readonly onLook: (error: unknown) => void;
}

/** Before a verdict runs out, so that no call waits for the next one. */
const share = 0.8;

/** Returns what ends it. */
export function keepAttested({ connections, verdictMs, clock, onLook }: KeepAttestedParameters): () => void {
  const life = new AbortController();
  let cancel = () => {};
  let failed = 0;
  const next = () => {
    const waitMs = failed === 0 ? verdictMs * share : (refusedForMs[Math.min(failed, refusedForMs.length) - 1] ?? 0);
    cancel = clock.wakeIn(waitMs, () => void look());
  };
  async function look(): Promise<void> {
    let problem: unknown;
    try {
      await connections.attest(life.signal);
      failed = 0;
    } catch (error) {
      problem = error;
      failed += 1;
    }
    if (life.signal.aborted) return;
    onLook(problem);
    next();
  }
  next();
  return () => {
    life.abort(new Error('the proxy stops'));
    cancel();
  };
}
