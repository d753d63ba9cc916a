// What is fuzzed: inputs that are plain JSON, so that one that was found can be kept in a file, and what must hold for each of them.
import type fc from 'fast-check';
import type { Subject } from './subject.js';

// biome-ignore lint/suspicious/noExplicitAny: each target knows its own inputs; whoever runs them all does not
export interface Target<Input = any> {
  readonly name: string;
  readonly inputs: fc.Arbitrary<Input>;
  /** Rejects when something does not hold. */
  check(input: Input, subject: Subject): Promise<void>;
}

export function count(subject: Subject, what: string): void {
  subject.seen.set(what, (subject.seen.get(what) ?? 0) + 1);
}
