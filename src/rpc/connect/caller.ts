// Who calls a method of operators.
import { printable } from '../../printable.js';

export interface Caller {
  readonly name: string;
  /** The name is the caller's own word: whoever can open the socket may say anything. */
  readonly isClaimed: boolean;
}

const longestName = 40;

/** By the `x-sealed-operator` header, as sent. */
export const claimedBy = (header: string | undefined): Caller => ({
  name: printable(header ?? '', longestName).trim() || 'unnamed',
  isClaimed: true,
});
