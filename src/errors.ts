// Every way this service says no. Code and data, a closed union; it knows nothing of gRPC or HTTP.
// The thrower decides `retry`; whoever catches a Failure never guesses.
import type { Address, ArtifactId, LaneId, RequestId, VkHash } from './ids.js';

/** `transient`: the same call may succeed later. `permanent`: it never will. `bug`: ours, and logged with its cause. */
export type Retry = 'transient' | 'permanent' | 'bug';

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

type ArtifactKind = 'program' | 'stdin' | 'proof';

type Cases = {
  /** A message or field from outside is not what the protocol allows. */
  MALFORMED_REQUEST: { field: string; problem: string };
  /** A connection without TLS, from where only TLS is served. */
  TLS_REQUIRED: object;
  /** The signature recovers to nobody. */
  SIGNATURE_INVALID: object;
  /** The recovered address is not on the allowlist. */
  REQUESTER_NOT_ALLOWED: { requester: Address };
  /** Tokens are asked for, and the call has none, or none in the form that is expected. */
  TOKEN_MISSING: object;
  TOKEN_UNKNOWN: object;
  /** It was on the list minutes ago: its holder is about to have the new one. */
  TOKEN_REPLACED: object;
  /** Client certificates are asked for, and the connection has shown none that could be verified. */
  CERTIFICATE_MISSING: object;
  /** The nonce was used with another body, or is too old to be checked. */
  NONCE_STALE: { nonce: string };
  PROGRAM_NOT_FOUND: { vkHash: VkHash };
  /** One address has registered as many programs as it may. */
  PROGRAMS_FULL: { owner: Address; limit: number };
  /** CreateProgram's vk does not hash to its vk_hash. */
  VK_HASH_MISMATCH: { vkHash: VkHash; computed: VkHash };
  REQUEST_NOT_FOUND: { requestId: RequestId };
  /** Somebody else's request. */
  REQUEST_NOT_OWNED: { requestId: RequestId };
  /** Too late to cancel. */
  REQUEST_ENDED: { requestId: RequestId; state: 'fulfilled' | 'failed' | 'expired' };
  ARTIFACT_NOT_FOUND: { artifactId: ArtifactId };
  /** The URL's capability does not cover this upload. */
  ARTIFACT_FORBIDDEN: { artifactId: ArtifactId; problem: string };
  ARTIFACT_NOT_OWNED: { artifactId: ArtifactId; owner: Address };
  ARTIFACT_NOT_UPLOADED: { artifactId: ArtifactId };
  ARTIFACT_TOO_LARGE: { kind: ArtifactKind; limitBytes: number };
  ARTIFACT_MALFORMED: { kind: ArtifactKind; problem: string };
  /** Other bytes were stored under this id before. */
  ARTIFACT_CONFLICT: { artifactId: ArtifactId };
  /** The upload ended before its announced length. */
  ARTIFACT_INCOMPLETE: { artifactId: ArtifactId; receivedBytes: number };
  /** The stored bytes are not the ones whose digest was recorded. */
  ARTIFACT_CORRUPT: { artifactId: ArtifactId };
  /** The same stdin was asked for before with another body. */
  REQUEST_CONFLICT: { requestId: RequestId; field: string };
  MODE_UNAVAILABLE: { mode: string; reason: string };
  CIRCUIT_VERSION_UNSUPPORTED: { version: string; supported: readonly string[] };
  /** A verifying key whose length is not that of the circuits served here. */
  VK_UNSUPPORTED: { sizeBytes: number; supported: readonly string[] };
  DEADLINE_PASSED: { deadlineAt: number };
  QUEUE_FULL: { limit: number };
  /** One address has as many open requests as it may. */
  REQUESTER_QUEUE_FULL: { requester: Address; limit: number };
  /** So many uploads wait for their turn already. */
  UPLOADS_BUSY: { waiting: number };
  /** What is uploaded and still needed has all the room it may have: that of one owner, or of all where there is no name. */
  UPLOAD_SPACE_FULL: { limitBytes: number; owner: Address | undefined };
  STARTING: object;
  DRAINING: object;
  /** The data folder has no room. */
  DISK_FULL: object;
  /** The object store does not answer, or not as it should. */
  BUCKET_UNAVAILABLE: object;
  /** The verifying key is of one generation of SP1, the ELF of another. */
  ELF_CLASS_MISMATCH: { elfClass: 32 | 64; sp1: 5 | 6 };
  /** The program's real vk is not the one it was registered with. `zeroFillTrap`: see ElfFacts; absent when it is not known. */
  VERIFICATION_KEY_MISMATCH: { vkHash: VkHash; zeroFillTrap?: boolean };
  GUEST_FAILED: { cause: GuestFailureCause; exitCode: number; cycles: string };
  /** The execution in the prover committed to other public values than the execution before it. */
  PUBLIC_VALUES_MISMATCH: object;
  /** The guest committed to other public values here than when the client ran it. */
  SIMULATION_DIFFERS: { announced: string; found: string };
  /** The engine died or left the protocol while it worked. `blame`: the job it held may be the reason. */
  ENGINE_LOST: { laneId: LaneId; detail: string; blame: boolean };
  /** The engine answered with an error of its own. */
  ENGINE_REFUSED: { laneId: LaneId; detail: string };
  CIRCUITS_MISSING: { detail: string };
  OUT_OF_MEMORY: { laneId: LaneId };
  PROOF_INVALID: { reason: string };
  /** Two engines died on this request. */
  POISONOUS: { engineDeaths: number };
  ATTEMPTS_EXHAUSTED: { attempts: number; last: string };
  CANCELLED: object;
  ABORTED: object;
  INTERNAL: { reference: string };
};

const retryOf: Record<keyof Cases, Retry> = {
  MALFORMED_REQUEST: 'permanent',
  TLS_REQUIRED: 'permanent',
  SIGNATURE_INVALID: 'permanent',
  REQUESTER_NOT_ALLOWED: 'permanent',
  TOKEN_MISSING: 'permanent',
  TOKEN_UNKNOWN: 'permanent',
  TOKEN_REPLACED: 'transient',
  CERTIFICATE_MISSING: 'permanent',
  NONCE_STALE: 'transient',
  PROGRAM_NOT_FOUND: 'permanent',
  PROGRAMS_FULL: 'permanent',
  VK_HASH_MISMATCH: 'permanent',
  REQUEST_NOT_FOUND: 'permanent',
  REQUEST_NOT_OWNED: 'permanent',
  REQUEST_ENDED: 'permanent',
  ARTIFACT_NOT_FOUND: 'permanent',
  ARTIFACT_FORBIDDEN: 'permanent',
  ARTIFACT_NOT_OWNED: 'permanent',
  ARTIFACT_NOT_UPLOADED: 'permanent',
  ARTIFACT_TOO_LARGE: 'permanent',
  ARTIFACT_MALFORMED: 'permanent',
  ARTIFACT_CONFLICT: 'permanent',
  ARTIFACT_INCOMPLETE: 'transient',
  ARTIFACT_CORRUPT: 'permanent',
  REQUEST_CONFLICT: 'permanent',
  MODE_UNAVAILABLE: 'permanent',
  CIRCUIT_VERSION_UNSUPPORTED: 'permanent',
  VK_UNSUPPORTED: 'permanent',
  DEADLINE_PASSED: 'permanent',
  QUEUE_FULL: 'transient',
  REQUESTER_QUEUE_FULL: 'transient',
  UPLOADS_BUSY: 'transient',
  UPLOAD_SPACE_FULL: 'transient',
  STARTING: 'transient',
  DRAINING: 'transient',
  DISK_FULL: 'transient',
  BUCKET_UNAVAILABLE: 'transient',
  ELF_CLASS_MISMATCH: 'permanent',
  VERIFICATION_KEY_MISMATCH: 'permanent',
  GUEST_FAILED: 'permanent',
  PUBLIC_VALUES_MISMATCH: 'permanent',
  SIMULATION_DIFFERS: 'permanent',
  ENGINE_LOST: 'transient',
  ENGINE_REFUSED: 'transient',
  CIRCUITS_MISSING: 'permanent',
  OUT_OF_MEMORY: 'transient',
  PROOF_INVALID: 'transient',
  POISONOUS: 'permanent',
  ATTEMPTS_EXHAUSTED: 'permanent',
  CANCELLED: 'permanent',
  ABORTED: 'transient',
  INTERNAL: 'bug',
};

export type FailureCode = keyof Cases;
export type FailureOf<C extends FailureCode> = { readonly code: C; readonly retry: Retry } & Readonly<Cases[C]>;
/** Plain data: it is persisted in snapshots and crosses worker threads. */
export type Failure = { [C in FailureCode]: FailureOf<C> }[FailureCode];

/** Builds a Failure. Codes whose data is empty need no second argument. */
export function fail<C extends FailureCode>(
  code: C,
  ...[data]: keyof Cases[C] extends never ? [] : [data: Cases[C]]
): FailureOf<C> {
  return { code, retry: retryOf[code], ...data } as unknown as FailureOf<C>;
}

/** The one Error class we throw; `cause` is for the log and never leaves the process. */
export class FailureError extends Error {
  override readonly name = 'FailureError';
  constructor(
    readonly failure: Failure,
    options?: ErrorOptions,
  ) {
    super(failure.code, options);
  }
}

/** `{ok:false}` instead of throwing: errors lose their fields between worker threads. */
export type Outcome<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly failure: Failure };

export const succeeded = <T>(value: T): Outcome<T> => ({ ok: true, value });
export const failed = (failure: Failure): Outcome<never> => ({ ok: false, failure });

/** Unwraps an Outcome, throwing its failure. */
export function valueOrThrow<T>(outcome: Outcome<T>): T {
  if (outcome.ok) return outcome.value;
  throw new FailureError(outcome.failure);
}

const diskFullCodes = new Set(['ENOSPC', 'EDQUOT']);

/** Converts anything thrown by a dependency. A full disk is named; all else is INTERNAL with the given log reference. */
export function failureFrom(thrown: unknown, reference: string): Failure {
  if (thrown instanceof FailureError) return thrown.failure;
  const code = (thrown as { code?: unknown } | null)?.code;
  if (typeof code === 'string' && diskFullCodes.has(code)) return fail('DISK_FULL');
  // LMDB reports a full map or disk as a number or in its message only.
  if (thrown instanceof Error && /ENOSPC|No space left|Disk quota exceeded|MDB_MAP_FULL/.test(thrown.message))
    return fail('DISK_FULL');
  if (thrown instanceof Error && thrown.name === 'AbortError') return fail('ABORTED');
  return fail('INTERNAL', { reference });
}
