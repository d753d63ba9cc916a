// Refuses what is meant for something as it was seen, and has moved on since.
import { fail } from './fail.js';
import { FailureError } from './failureError.js';

export interface Seen {
  readonly what: 'Request' | 'Delivery' | 'Signer';
  readonly id: string;
  /** The number of its last transition. */
  readonly seq: number;
}

/** Throws STALE_VIEW. `expectedSeq` 0: it is not compared. */
export function assertSeen(seen: Seen, expectedSeq: number): void {
  if (expectedSeq !== 0 && seen.seq !== expectedSeq) throw new FailureError(fail('STALE_VIEW', seen));
}
