// A registry without a chain: it takes what it is given until a test says otherwise, and its time is the test's.
import { keccak_256 } from '@noble/hashes/sha3';
import type { Address } from '../../ids.js';
import type { Place, SignerFault } from '../../machines/signer/rules.js';
import {
  type ConfirmOutcome,
  type Registrar,
  RegistrarError,
  type Standing,
} from '../../signers/registrar/registrar.js';
import type { SimulatedClock } from '../world/simulatedClock.js';

export interface ScriptedRegistrar extends Registrar {
  /** As `external` registrars have them. */
  call: Registrar['call'];
  byHand?: NonNullable<Registrar['byHand']>;
  /** Undefined: it works. */
  trouble: SignerFault | undefined;
  standingOf: Standing | Error;
  /** What the next confirmations end in; after them each is confirmed. */
  readonly outcomes: ConfirmOutcome[];
  /** Registered so far, in order. */
  readonly registered: Address[];
  /** Confirmations wait until this resolves. */
  hold: Promise<void> | undefined;
}

export const validFor = 3_600;

export function scriptedRegistrar(clock: SimulatedClock): ScriptedRegistrar {
  const startedAt = clock.steady();
  const now = () => 1_700_000_000 + Math.floor((clock.steady() - startedAt) / 1000);
  const place: Place = { kind: 'chain', chainId: 31337, registry: '5f'.repeat(20) as Address };
  const check = () => {
    if (registrar.trouble !== undefined) throw new RegistrarError(registrar.trouble);
  };
  const registrar: ScriptedRegistrar = {
    trouble: undefined,
    standingOf: 'registered',
    outcomes: [],
    registered: [],
    hold: undefined,
    place,
    now,
    onTime: () => () => {},
    async reference() {
      check();
      return { number: now(), hash: 'ab'.repeat(32) };
    },
    reportData: (address, { number }) => Uint8Array.from([...keccak_256(address), ...keccak_256(String(number))]),
    isInWindow: ({ number }) => now() - number < 1_200,
    async send() {
      check();
      const fees = { maxFeePerGas: '2', maxPriorityFeePerGas: '1' };
      return { kind: 'sent', transaction: { hash: 'aa'.repeat(32), nonce: 0, block: 1, ...fees } };
    },
    async confirm({ address }) {
      await registrar.hold;
      const outcome = registrar.outcomes.shift();
      if (outcome !== undefined) return outcome;
      registrar.registered.push(address);
      const registeredAt = now();
      const registration = { registeredAt, expiresAt: registeredAt + validFor, transaction: 'aa'.repeat(32), block: 2 };
      return { kind: 'confirmed', registration };
    },
    async standing() {
      if (registrar.standingOf instanceof Error) throw registrar.standingOf;
      return registrar.standingOf;
    },
    call: () => undefined,
    balance: async () => undefined,
    close() {},
  };
  return registrar;
}
