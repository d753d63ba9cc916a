// Nonces without a counter to keep: a nonce is the time of its lease in microseconds, made distinct. So they increase across
// restarts, may be used in any order within the window, and are forgotten when they could not be accepted any more.
import type { Clock } from '../../clock.js';
import { fail } from '../../failures/fail.js';
import { FailureError } from '../../failures/failureError.js';
import type { Address } from '../../ids.js';
import type { Store, Transaction } from '../../store/environment.js';

/** Remote signers may need minutes between GetNonce and the signed request. */
export const nonceWindowMs = 15 * 60_000;

const microseconds = 1000;

export interface Nonces {
  /** A number that no one else gets. */
  lease(): number;
  /**
   * Accepts a nonce that is recent and was not used by this address with another body. Fails with NONCE_STALE.
   * `record` belongs in the transaction of what the signed body caused.
   */
  accept(address: Address, nonce: bigint, bodyDigest: string): { record: (tx: Transaction) => void };
  /** Removes what can never be accepted again. */
  forget(): Promise<void>;
}

/** Most that are removed in one transaction, to keep it and the turn of the loop short. */
const forgetBatch = 2_000;

export function createNonces({ store, clock }: { store: Store; clock: Clock }): Nonces {
  let last = 0;
  const stale = (nonce: bigint) => new FailureError(fail('NONCE_STALE', { nonce: nonce.toString() }));

  return {
    lease() {
      last = Math.max(last + 1, clock.now() * microseconds);
      return last;
    },

    accept(address, nonce, bodyDigest) {
      const now = clock.now() * microseconds;
      // Numbers beyond 2^53 are far in the future and thus refused before they lose precision.
      const number = Number(nonce);
      if (number < now - nonceWindowMs * microseconds || number > Math.max(now, last)) throw stale(nonce);
      const used = store.get('nonces', number, address);
      if (used !== undefined && used !== bodyDigest) throw stale(nonce);
      return {
        record(tx) {
          // Read again inside: another body may have taken the nonce since.
          const taken = tx.get('nonces', number, address);
          if (taken !== undefined && taken !== bodyDigest) throw stale(nonce);
          tx.put('nonces', [number, address], bodyDigest);
        },
      };
    },

    async forget() {
      const oldest = (clock.now() - nonceWindowMs) * microseconds;
      for (let isMore = true; isMore; ) {
        const gone: Array<[number, Address]> = [];
        for (const { key } of store.scan('nonces', [], { limit: forgetBatch })) {
          if (key[0] >= oldest) break;
          gone.push(key);
        }
        isMore = gone.length === forgetBatch;
        if (gone.length === 0) return;
        await store.write((tx) => {
          for (const key of gone) tx.remove('nonces', ...key);
        });
        // Calls that have come meanwhile are answered before the next batch.
        await clock.turn();
      }
    },
  };
}
