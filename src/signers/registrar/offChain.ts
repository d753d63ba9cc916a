// Registration without a chain: the quote itself vouches for the key, and clients verify it. So it is looked at here as they would.
import { sha256 } from '@noble/hashes/sha2';
import { AttestationError } from '../../attestation/verify/failure.js';
import { verifyQuote } from '../../attestation/verify/verifyQuote.js';
import type { Clock } from '../../clock.js';
import type { SignerFault } from '../../machines/signer/rules.js';
import { offChainReportData } from '../../tee/reportData.js';
import type { Claim, Registrar } from './registrar.js';

export interface OffChainParameters {
  readonly clock: Clock;
  /** DER, of the development provider: its quotes are verified under it, with the collateral that comes with them. */
  readonly developmentRoot?: Uint8Array | undefined;
}

/** As long as the registrations of a registry live (s). */
const validFor = 3_600;
const noReference = { number: 0, hash: '00'.repeat(32) };

export function createOffChainRegistrar({ clock, developmentRoot }: OffChainParameters): Registrar {
  // The wall clock is read once: whoever sets it later makes no key live longer.
  const startedAt = { wall: clock.now(), steady: clock.steady() };
  const now = () => Math.floor((startedAt.wall + clock.steady() - startedAt.steady) / 1000);
  return {
    place: { kind: 'off-chain' },
    now,
    onTime: () => () => {},
    reference: async () => noReference,
    reportData: (address) => offChainReportData(address),
    isInWindow: () => true,
    send: async () => ({ kind: 'handed-over' }),
    async confirm(claim) {
      if (developmentRoot !== undefined && !(await verifiesUnder(developmentRoot, claim, now())))
        return { kind: 'reverted', fault: unverified };
      const registeredAt = now();
      return { kind: 'confirmed', registration: { registeredAt, expiresAt: registeredAt + validFor } };
    },
    standing: async () => 'registered',
    call: () => undefined,
    balance: async () => undefined,
    close() {},
  };
}

const unverified: SignerFault = {
  cause: 'refused',
  helps: 'nothing',
  detail: 'the own quote does not verify under the development root',
};

async function verifiesUnder(root: Uint8Array, { quote, collateral }: Claim, now: number): Promise<boolean> {
  try {
    const roots = [Buffer.from(sha256(root)).toString('hex')];
    await verifyQuote({ quote, collateral: JSON.stringify(collateral ?? {}), now, roots });
    return true;
  } catch (error) {
    if (error instanceof AttestationError) return false;
    throw error;
  }
}
