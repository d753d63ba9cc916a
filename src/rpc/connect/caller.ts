// Who calls a method of operators.
import { Role } from '../../gen/admin/v1/access_pb.js';
import { printable } from '../../printable.js';
import type { Peer } from '../../transport/connection.js';
import type { CallContext } from '../../transport/grpc/call.js';

export interface Caller {
  readonly name: string;
  /** The name is the caller's own word: whoever can open the socket may say anything. */
  readonly isClaimed: boolean;
  /** What it may do. */
  readonly role: Role;
}

/** What a call shows of its caller, at whatever protocol. */
export interface Shown {
  readonly headers: CallContext['headers'];
  readonly peer: Pick<Peer, 'certificate'>;
}

/** Throws what the call is refused with. Nothing of a call is parsed before. */
export type Admit = (shown: Shown) => Caller;

const longestName = 40;

/** By the `x-sealed-operator` header, as sent: of the socket, which only its owner can open. */
export const claimedBy = ({ headers }: Shown): Caller => ({
  name: printable(headers['x-sealed-operator']?.toString() ?? '', longestName).trim() || 'unnamed',
  isClaimed: true,
  role: Role.OWN,
});
