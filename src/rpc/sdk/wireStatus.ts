// A request's view in the words of the wire. Expired requests stay ASSIGNED with a deadline in the past: statuses 5 and 6 crash or
// confuse older clients, and every client version ends its wait by the deadline itself (sp1-sdk network/prover.rs).
import type { Execution } from '../../engines/jobs.js';
import type { FailureCode } from '../../failures/catalog.js';
import type { GuestFailureCause } from '../../failures/guests.js';
import {
  ExecuteFailureCause,
  ExecutionStatus,
  FulfillmentStatus,
  ProofRequestError,
} from '../../gen/network/network_pb.js';
import type { RequestView } from '../../machines/request/view.js';

/** Times on the wire are whole seconds. */
export const secondsOf = (epochMs: number): bigint => BigInt(Math.floor(epochMs / 1000));

export function fulfillmentStatusOf(view: RequestView): FulfillmentStatus {
  switch (view.state) {
    case 'fulfilled':
      return FulfillmentStatus.FULFILLED;
    case 'failed':
    case 'cancelled':
      return FulfillmentStatus.UNFULFILLABLE;
    default:
      // Durable means assigned: there is no auction in which it could still be waiting.
      return FulfillmentStatus.ASSIGNED;
  }
}

export function executionStatusOf(view: RequestView): ExecutionStatus {
  if (view.state === 'failed' && view.failure.code === 'GUEST_FAILED') return ExecutionStatus.UNEXECUTABLE;
  return executionOf(view) === null ? ExecutionStatus.UNEXECUTED : ExecutionStatus.EXECUTED;
}

export function executionOf(view: RequestView): Execution | null {
  return view.state === 'requested' || view.state === 'executing' ? null : view.execution;
}

const causeNumbers: Record<GuestFailureCause, ExecuteFailureCause> = {
  HALT_WITH_NON_ZERO_EXIT_CODE: ExecuteFailureCause.HALT_WITH_NON_ZERO_EXIT_CODE,
  INVALID_MEMORY_ACCESS: ExecuteFailureCause.INVALID_MEMORY_ACCESS,
  UNSUPPORTED_SYSCALL: ExecuteFailureCause.UNSUPPORTED_SYSCALL,
  BREAKPOINT: ExecuteFailureCause.BREAKPOINT,
  EXCEEDED_CYCLE_LIMIT: ExecuteFailureCause.EXCEEDED_CYCLE_LIMIT,
  INVALID_SYSCALL_USAGE: ExecuteFailureCause.INVALID_SYSCALL_USAGE,
  UNIMPLEMENTED: ExecuteFailureCause.UNIMPLEMENTED,
  END_IN_UNCONSTRAINED: ExecuteFailureCause.END_IN_UNCONSTRAINED,
  EXCEEDED_GAS_LIMIT: ExecuteFailureCause.EXCEEDED_GAS_LIMIT,
};

export function failureCauseOf(view: RequestView): ExecuteFailureCause {
  const guest = view.state === 'failed' && view.failure.code === 'GUEST_FAILED' ? view.failure.cause : undefined;
  return guest === undefined ? ExecuteFailureCause.UNSPECIFIED : causeNumbers[guest];
}

export function errorOf(view: RequestView): ProofRequestError {
  if (view.state !== 'failed') return ProofRequestError.UNSPECIFIED;
  const { failure } = view;
  return failure.code === 'NETWORK_GAVE_UP' ? failure.error : errorOfFailure(failure.code);
}

/** Why a failed request has failed, in the wire's own numbers. */
export function errorOfFailure(code: FailureCode): ProofRequestError {
  switch (code) {
    case 'GUEST_FAILED':
    case 'PUBLIC_VALUES_TOO_LARGE':
      return ProofRequestError.EXECUTION_FAILURE;
    case 'VERIFICATION_KEY_MISMATCH':
      return ProofRequestError.VERIFICATION_KEY_MISMATCH;
    case 'PUBLIC_VALUES_MISMATCH':
    case 'SIMULATION_DIFFERS':
      return ProofRequestError.PUBLIC_VALUES_MISMATCH;
    case 'PROOF_INVALID':
      return ProofRequestError.VERIFICATION_FAILURE;
    case 'POISONOUS':
    case 'ATTEMPTS_EXHAUSTED':
    case 'CIRCUITS_MISSING':
      return ProofRequestError.PROVING_FAILURE;
    default:
      return ProofRequestError.UNKNOWN_FAILURE;
  }
}
