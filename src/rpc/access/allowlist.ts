// Which addresses may sign. It stands between the handlers and the recovery of signatures, so that no signed call can go past it.

import { fail } from '../../failures/fail.js';
import { FailureError } from '../../failures/failureError.js';
import { type Address, parseAddress } from '../../ids.js';
import type { Signatures } from '../signed/signatures.js';
import { parseLines } from './lines.js';

const form = 'an address (0x and 40 hex digits)';
/** 43 bytes a line: far below what a watched file may have, far above the people of a private service. */
const most = 50_000;

export class Allowlist {
  #addresses: ReadonlySet<Address> = new Set();

  /** Takes a new list: a 0x address a line, # begins a comment. Throws when a line is not one; the old list then stays. */
  replace(text: string): void {
    const parse = (entry: string) => (entry.startsWith('0x') ? parseAddress(entry) : undefined);
    this.#addresses = new Set(parseLines(text, { parse, form, most }));
  }

  has(address: Address): boolean {
    return this.#addresses.has(address);
  }
}

/** The same signatures for those on the list; others are REQUESTER_NOT_ALLOWED. */
export const onlyAllowed = (signatures: Signatures, allowlist: Allowlist): Signatures => ({
  async recover(signed) {
    const requester = await signatures.recover(signed);
    // After the recovery: the list may have changed while it ran.
    if (!allowlist.has(requester)) throw new FailureError(fail('REQUESTER_NOT_ALLOWED', { requester }));
    return requester;
  },
  close: () => signatures.close(),
});
