// A signer that nothing real stands behind, and what happens to it on its way.
import type { Address, Sha256, SignerId } from '../../ids.js';
import type { SignerStart } from '../../machines/signer/rules.js';

const start: SignerStart = {
  signerId: '018bcfe5680000112233445566778899' as SignerId,
  place: { kind: 'chain', chainId: 31337, registry: '5fbdb2315678afecb367f032d93f642f64180aa3' as Address },
  createdAt: 1_700_000_000_000,
};

const transaction = (digits: string, fee: string) => ({
  hash: digits.repeat(32),
  nonce: 7,
  maxFeePerGas: fee,
  maxPriorityFeePerGas: '1000000000',
  block: 101,
});

export const sampleSigner = {
  start,
  made: {
    type: 'KEY_MADE',
    address: '1a642f0e3c3af545e7acbd38b07251b3990914f1' as Address,
    publicKey: `04${'ab'.repeat(64)}`,
  },
  quoted: {
    type: 'QUOTED',
    quote: {
      sha256: 'cd'.repeat(32) as Sha256,
      sizeBytes: 5_006,
      reference: { number: 100, hash: 'ef'.repeat(32) },
      reportData: '01'.repeat(64),
    },
  },
  sent: { type: 'SENT', transaction: transaction('aa', '2000000000') },
  replaced: { type: 'REPLACED', transaction: transaction('bb', '2500000000') },
  confirmed: {
    type: 'CONFIRMED',
    registration: { registeredAt: 1_700_000_100, expiresAt: 1_700_003_700, transaction: 'aa'.repeat(32), block: 102 },
    at: 1_700_000_101_000,
  },
} as const;
