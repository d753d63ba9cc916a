// What a fake engine is to do: plain JSON, so that one script drives it in this process or as a child process.
import type { Progress, WrappedMode } from '../../engines/jobs.js';

export type FakeRequest = 'setup' | 'prove' | 'destroy' | 'execute' | 'verify' | 'info' | 'waitReady';

/** What happens in place of, or on the way to, the right answer. */
export type FakeAct =
  /** The right answer. */
  | { readonly kind: 'answer' }
  /** The right answer in pieces of `pieceBytes`, `pauseMs` apart. */
  | { readonly kind: 'slowAnswer'; readonly pieceBytes: number; readonly pauseMs: number }
  /** Nothing, until the process is killed or the connection cut. */
  | { readonly kind: 'hang' }
  /** Closes the connection without an answer. */
  | { readonly kind: 'eof' }
  /** The first half of the right answer, then the connection is closed. */
  | { readonly kind: 'eofMidFrame' }
  /** Exits at once with code 134, as an abort does. In-process: closes the server and every connection. */
  | { readonly kind: 'crash' }
  /** Half of the right answer, then as `crash`. */
  | { readonly kind: 'crashMidFrame' }
  /** A well-formed answer to another request, or of an unknown variant. */
  | { readonly kind: 'wrongVariant'; readonly variant: number }
  /** Announces a frame of this length and sends a few bytes of it. `variant` is 2 (Proof) by default. */
  | { readonly kind: 'oversize'; readonly announcedBytes: number; readonly variant?: number }
  | { readonly kind: 'proverError'; readonly text: string }
  | { readonly kind: 'internalError'; readonly text: string }
  /** Answer 111 with a code of docs/engine-protocol.md. */
  | { readonly kind: 'failure'; readonly code: number; readonly text: string }
  /** Execute only: the guest fails with this ExecuteFailureCause. */
  | { readonly kind: 'guestFailure'; readonly cause: number; readonly exitCode: number }
  /** Setup only: the vk of another program. */
  | { readonly kind: 'otherVk' };

export interface FakeRule {
  readonly on: FakeRequest;
  /** Only where the request carries this stdin artifact (SHA-256 in hex). */
  readonly stdinSha256?: string;
  /** Applies this many times, then never again. Without it, it applies for ever. With `memoryPath`, counted over restarts. */
  readonly times?: number;
  /** Before anything is sent. Default 0. */
  readonly delayMs?: number;
  /** A file: nothing is sent while it is there. For work that has to last until something else has happened. */
  readonly whileThere?: string;
  /** Progress frames, `progressPauseMs` apart (default 0), after the delay and before the act. Default none. */
  readonly progress?: readonly Progress[];
  readonly progressPauseMs?: number;
  /** Default: the right answer. */
  readonly act?: FakeAct;
}

export interface FakeScript {
  /** The first rule that matches applies. Without one the fake answers rightly and at once. */
  readonly rules?: readonly FakeRule[];
  /** The verifying key of every program, in hex: the real one, for clients that make it by themselves. Default: made up from its ELF. */
  readonly vk?: string;
  /** Length of the filler in every proof. Default 1,000. */
  readonly proofFillerBytes?: number;
  /** Cycles of every execution. Default: 1,000 and the stdin's length. */
  readonly cycles?: number;
  /** Child process only: how long until the socket is bound. Default 0. */
  readonly bindDelayMs?: number;
  /** What Info says. Defaults are those of a machine that can do everything. */
  readonly memoryTotalBytes?: number;
  readonly memoryAvailableBytes?: number;
  readonly wrapCircuits?: readonly WrappedMode[];
  /** A file in which the fake counts the rules with `times` that it applied, so that a restarted child goes on counting. */
  readonly memoryPath?: string;
  /** A file to which the fake appends one line per request it begins (`prove <stdin sha256>`, `execute <stdin sha256> <ELF sha256>` …), for assertions over restarts. */
  readonly journalPath?: string;
}
