// What the network is to hear of a request's end here. Only numbers: a cause in words could hold what the guest has said.
import type { FailureCode } from '../failures/catalog.js';
import { ExecuteFailureCause } from '../gen/network/network_pb.js';
import type { DeliveryEvent, Report } from '../machines/delivery/rules.js';
import type { RequestView } from '../machines/request/view.js';

/** Whether the network gets proofs, and what it hears of those that it does not get. */
export interface DeliveryPolicy {
  readonly deliver: 'proof' | 'nothing';
  /** `release`: that there will be none. `keep`: nothing, and it sees the request expire. */
  readonly undelivered: 'release' | 'keep';
  /** Whether the network is to hear why a guest failed. */
  readonly reportExecutions: 'off' | 'try';
}

/** What its delivery hears of it. Undefined while it is open, and of one whose time was over: nothing is reported then. */
export function newsOfEnd(
  view: RequestView,
  { deliver, undelivered }: Pick<DeliveryPolicy, 'deliver' | 'undelivered'>,
): DeliveryEvent | undefined {
  const report = reportOf(view);
  if (report === undefined) return undefined;
  if (report.kind === 'fail') return { type: 'ENDED', report };
  if (deliver === 'proof') return { type: 'PROVEN', report, isKept: false };
  return undelivered === 'keep'
    ? { type: 'PROVEN', report, isKept: true }
    : { type: 'ENDED', report: { kind: 'fail', error: null } };
}

function reportOf(view: RequestView): Report | undefined {
  switch (view.state) {
    case 'fulfilled':
      return { kind: 'fulfil', proof: view.proof };
    case 'cancelled':
      return { kind: 'fail', error: null };
    case 'failed': {
      const { failure } = view;
      const cause = failure.code === 'GUEST_FAILED' ? ExecuteFailureCause[failure.cause] : undefined;
      return { kind: 'fail', error: errorOf(failure.code), ...(cause !== undefined && { cause }) };
    }
    default:
      return undefined;
  }
}

/** ProofRequestError of the wire. */
function errorOf(code: FailureCode): number {
  switch (code) {
    case 'GUEST_FAILED':
      return 1;
    case 'VERIFICATION_KEY_MISMATCH':
    case 'ELF_CLASS_MISMATCH':
      return 2;
    case 'SIMULATION_DIFFERS':
    case 'PUBLIC_VALUES_MISMATCH':
      return 4;
    case 'PROOF_INVALID':
      return 5;
    case 'ENGINE_LOST':
    case 'ENGINE_REFUSED':
    case 'POISONOUS':
    case 'ATTEMPTS_EXHAUSTED':
    case 'OUT_OF_MEMORY':
    case 'CIRCUITS_MISSING':
      return 6;
    default:
      return 3;
  }
}
