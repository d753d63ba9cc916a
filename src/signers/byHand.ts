// The registration that an operator sends: over a block of their choice, with a word when it was sent.
import type { Clock } from '../clock.js';
import type { ReferenceBlock } from '../machines/signer/rules.js';
import { type PendingCall, pendingRegistration } from './pendingRegistration.js';
import { type Registrar, RegistrarError } from './registrar/registrar.js';
import type { Signers } from './signers.js';

export type Refused = { readonly problem: string };

export interface ByHand {
  /** Resolves with what to send when the key that waits is quoted over this block. */
  requote(reference: ReferenceBlock, signal: AbortSignal): Promise<object | Refused>;
  note(transaction: string): object | Refused;
}

export interface ByHandParameters {
  readonly signers: Pick<Signers, 'views' | 'quoteOf' | 'onChange'>;
  readonly registrar: Registrar;
  readonly clock: Clock;
}

/** A quote takes seconds, and some minutes on a bad day (ms). */
const patienceMs = 60_000;
const none: Refused = {
  problem: 'No key waits for a registration. `sealed-prover admin signers rotate` has a new one made.',
};

/** Undefined where this service sends, or nothing is registered. */
export function createByHand({ signers, registrar, clock }: ByHandParameters): ByHand | undefined {
  const { byHand } = registrar;
  if (byHand === undefined) return undefined;
  const isComing = () => signers.views().some(({ state }) => ['generating', 'quoting', 'registering'].includes(state));
  const pending = () => pendingRegistration(signers, registrar);

  /** Undefined when it has not come in time. */
  function quotedOver(reference: ReferenceBlock, signal: AbortSignal): Promise<PendingCall | undefined> {
    return new Promise((resolve) => {
      const end = (call?: PendingCall) => {
        unsubscribe();
        cancel();
        signal.removeEventListener('abort', leave);
        resolve(call);
      };
      const leave = () => end();
      const look = () => {
        const call = pending();
        if (call?.referenceBlock === reference.number && call.referenceHash === reference.hash) end(call);
      };
      const unsubscribe = signers.onChange(look);
      const cancel = clock.wakeIn(patienceMs, leave);
      signal.addEventListener('abort', leave, { once: true });
      look();
    });
  }

  return {
    async requote(reference, signal) {
      if (!isComing()) return none;
      try {
        await byHand.chooseReference(reference);
      } catch (error) {
        if (error instanceof RegistrarError) return { problem: `${error.fault.detail}.` };
        throw error;
      }
      const call = await quotedOver(reference, signal);
      return call === undefined
        ? { problem: 'There is no quote over that block yet. `sealed-prover tee status` says why.' }
        : shownCall(call);
    },
    note(transaction) {
      if (pending() === undefined) return none;
      byHand.noteTransaction(transaction);
      return { isWatched: true };
    },
  };
}

/** Hex with 0x, as wallets want it. */
export const shownCall = ({ to, data, referenceHash, ...rest }: PendingCall) => ({
  ...rest,
  referenceHash: `0x${referenceHash}`,
  to: `0x${to}`,
  data: `0x${data}`,
});
