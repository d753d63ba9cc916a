// Failures of the guest program itself, and of what it commits to.
import { failure } from './define.js';
import { sentences } from './words.js';

/** What a guest did wrong, in the network's own names and numbers (ExecuteFailureCause). */
export type GuestFailureCause =
  | 'HALT_WITH_NON_ZERO_EXIT_CODE'
  | 'INVALID_MEMORY_ACCESS'
  | 'UNSUPPORTED_SYSCALL'
  | 'BREAKPOINT'
  | 'EXCEEDED_CYCLE_LIMIT'
  | 'INVALID_SYSCALL_USAGE'
  | 'UNIMPLEMENTED'
  | 'END_IN_UNCONSTRAINED'
  | 'EXCEEDED_GAS_LIMIT';

type GuestEnd = { readonly cause: string; readonly exitCode: number };

/** A guest that did not halt by itself has no exit code, whatever stands in its place. */
export const hasExitCode = ({ cause }: { cause: string }): boolean => cause === 'HALT_WITH_NON_ZERO_EXIT_CODE';

/** What people look up. Guests are free in their exit codes, so it says no more than what is usual. */
export const meaningOfExit = (end: GuestEnd): string | undefined =>
  hasExitCode(end) && end.exitCode === 3
    ? 'With exit code 3 a guest usually says that its input is missing or is not what it reads: check what is written to stdin, in which order and as which types'
    : undefined;

const guestEnd = (end: GuestEnd & { readonly cycles: string }) =>
  `${hasExitCode(end) ? `exit code ${end.exitCode}, ` : ''}after ${end.cycles} cycles`;

export const guestFailures = {
  /** `exitCode` says something only where the guest halted by itself. `detail`: a sentence of the engine, where the cause is one of many. */
  GUEST_FAILED: failure<{ cause: GuestFailureCause; exitCode: number; cycles: string; detail?: string }>(
    'permanent',
    (end) => sentences(`The guest program failed: ${end.cause} (${guestEnd(end)})`, [end.detail, meaningOfExit(end)]),
  ),
  /** The execution in the prover committed to other public values than the execution before it. */
  PUBLIC_VALUES_MISMATCH: failure(
    'permanent',
    () => 'The proof commits to other public values than the execution did.',
  ),
  /** The guest committed to other public values here than when the client ran it. */
  SIMULATION_DIFFERS: failure<{ announced: string; found: string }>(
    'permanent',
    ({ announced, found }) =>
      `The guest commits to public values of digest 0x${found} here, but to 0x${announced} when the client ran it. Does its outcome depend on more than its input?`,
  ),
  /** Mode tee: they are signed, answered and checked as a whole. */
  PUBLIC_VALUES_TOO_LARGE: failure<{ sizeBytes: number; limitBytes: number }>(
    'permanent',
    ({ sizeBytes, limitBytes }) =>
      `The guest commits to ${sizeBytes} bytes of public values, and at most ${limitBytes} are signed for here. Commit to a digest of them, or ask for another mode.`,
  ),
};

/** Whether the guest, or what its client said of it, is the reason. */
export const isOfGuest = (code: string): boolean => Object.hasOwn(guestFailures, code);
