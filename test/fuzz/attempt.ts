// A number of new inputs of one target, and what one that does not pass is shrunk to.
import fc from 'fast-check';
import type { Subject } from './subject.js';
import type { Target } from './target.js';

export interface Finding {
  readonly target: string;
  readonly input: unknown;
  readonly seed: number;
  readonly error: unknown;
}

/** Most that one attempt may take, on a machine that does much else (ms). What was found by then is reported as it is. */
const longestMs = 120_000;

/** Resolves with undefined when all of them pass. */
export async function attempt(
  target: Target,
  { subject, runs, seed }: { subject: Subject; runs: number; seed: number },
): Promise<Finding | undefined> {
  const property = fc.asyncProperty(target.inputs, (input) => subject.survive(() => target.check(input, subject)));
  const found = await fc.check(property, { numRuns: runs, seed, interruptAfterTimeLimit: longestMs });
  if (found.counterexample === null || found.counterexample === undefined) return undefined;
  return { target: target.name, input: found.counterexample[0], seed, error: found.errorInstance };
}

/** For whoever runs it: what was found, and how to keep it. */
export function reportOf({ target, input, seed, error }: Finding): string {
  const fixture = JSON.stringify({ target, note: 'say what went wrong', input }, null, 2);
  return [
    `Found by ${target} with seed ${seed}:`,
    error instanceof Error ? (error.stack ?? error.message) : String(error),
    '',
    'To keep it, save this as test/fuzz/fixtures/NAME.json, and see it fail with: npm run test:fast -- fuzz',
    fixture,
  ].join('\n');
}
