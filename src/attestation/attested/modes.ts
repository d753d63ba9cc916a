// What a client does about attestation, and what it can say of each connection afterwards: there is no silent success.
import type { Level } from '../verify/policy/policy.js';
import type { Verdict } from '../verify/verdict/verdict.js';

/** Chosen by a person, never by what a server says. */
export const modes = ['off', 'observe', 'if-present', 'require'] as const;
export type Mode = (typeof modes)[number];

export interface Attestation {
  /**
   * `verified`: bound to this connection, at the level that is asked for. `genuine`: a report of some genuine VM, bound to nothing.
   * `absent`: nothing was shown. `unchecked`: it was not looked at, or what was shown is wrong and the mode only observes.
   */
  readonly status: 'verified' | 'genuine' | 'absent' | 'unchecked';
  readonly level: Level;
  /** Where bodies are sealed: to which key (X25519, hex). */
  readonly bodyKey?: string;
  readonly verdict?: Verdict;
}
