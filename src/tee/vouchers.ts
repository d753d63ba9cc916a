// The word of this process for what it has seen of an execution. The store is on a disk that belongs to the host, so what decides over a
// signature is believed only with a code that the host cannot make.
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { RequestId, Sha256, VkHash } from '../ids.js';

/** Everything on which a signature depends, and what else was recorded of the execution. */
export interface VouchedFacts {
  readonly requestId: RequestId;
  readonly vkHash: VkHash;
  readonly programSha256: Sha256;
  readonly stdinSha256: Sha256;
  readonly publicValuesSha256: Sha256;
  readonly publicValuesBytes: number;
  readonly cycleLimit: string;
  readonly gasLimit: string;
  readonly cycles: string;
  readonly gas: string;
}

export interface Vouchers {
  /** HMAC-SHA256 in hex. */
  issue(facts: VouchedFacts): string;
  /** False for anything but what `issue` would answer. */
  accepts(facts: VouchedFacts, mac: string): boolean;
}

/** By name: the order of a record that came from the disk means nothing. */
const fields = [
  'requestId',
  'vkHash',
  'programSha256',
  'stdinSha256',
  'publicValuesSha256',
  'publicValuesBytes',
  'cycleLimit',
  'gasLimit',
  'cycles',
  'gas',
] as const satisfies ReadonlyArray<keyof VouchedFacts>;

/** `key`: 32 random bytes that never leave this process. With another key nothing of an earlier life is believed. */
export function createVouchers(key: Uint8Array): Vouchers {
  if (key.byteLength !== 32) throw new RangeError('the key of vouchers must have 32 bytes');
  // As JSON, so that no value runs into the next.
  const macOf = (facts: VouchedFacts) =>
    createHmac('sha256', key)
      .update(JSON.stringify(['sealed-prover execution 1', ...fields.map((field) => facts[field])]))
      .digest();
  return {
    issue: (facts) => macOf(facts).toString('hex'),
    accepts(facts, mac) {
      const expected = macOf(facts);
      const given = Buffer.from(mac, 'hex');
      return given.length === expected.length && timingSafeEqual(given, expected);
    },
  };
}
