// A case of the mock PKI that is expected to verify, or to be refused by one code. Our verifier and the oracle both run it.
import type { AttestationCode } from '../../attestation/verify/failure.js';
import type { TcbStatus } from '../../attestation/verify/tcb/status.js';
import type { MockChanges } from './mockPki.js';

export interface VerifiedAs {
  readonly status: TcbStatus;
  readonly tcbDate: string;
  readonly advisories: readonly string[];
}

export interface AttestationCase {
  /** Begins with the rule's name. */
  readonly title: string;
  readonly changes: MockChanges;
  readonly expected: AttestationCode | VerifiedAs;
  /** Another root than the mock PKI's is trusted. */
  readonly isRootUnknown?: true;
  /** Why the oracle accepts what is refused here; `not asked` where it has no such question. */
  readonly oracle?: `accepts: ${string}` | `refuses: ${string}` | 'not asked';
}

export const upToDate: VerifiedAs = { status: 'UpToDate', tcbDate: '2025-02-01T00:00:00Z', advisories: [] };
