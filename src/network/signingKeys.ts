// The prover's keys at the network, each with the one owner of its nonces. The first signs for all that is new. Others finish what they have
// begun, so that a key can be replaced while reports are owed.
import type { Signer } from '../client/signer.js';
import type { Clock } from '../clock.js';
import { ProverNetwork } from '../gen/network/network_pb.js';
import { type Address, bytesOf } from '../ids.js';
import type { Log } from '../log.js';
import type { ResyncReason } from './networkWatch.js';
import { createNonceOwner, type NonceOwner } from './nonceOwner.js';
import type { Upstream } from './upstream.js';

export interface SigningKey {
  readonly signer: Signer;
  readonly nonceOwner: NonceOwner;
}

export interface SigningKeys {
  /** Of new deliveries. */
  readonly first: SigningKey;
  /** The one that began it. The first, where that is not recorded. */
  of(address: Address | undefined): SigningKey;
  has(address: Address): boolean;
  /** Nonces of any of them that somebody else has used up. */
  readonly foreign: number;
  close(): void;
}

export function createSigningKeys({
  signers: [first, ...earlier],
  upstream,
  clock,
  log,
  note,
}: {
  signers: readonly [Signer, ...Signer[]];
  upstream: Pick<Upstream, 'read'>;
  clock: Clock;
  log: Log;
  note: (why: ResyncReason) => void;
}): SigningKeys {
  const keyOf = (signer: Signer): SigningKey => ({
    signer,
    nonceOwner: createNonceOwner({
      look: async () => {
        const { getNonce } = ProverNetwork.method;
        return (await upstream.read(getNonce, { address: bytesOf(signer.address) }, 0)).nonce;
      },
      clock,
      log,
      note,
    }),
  });
  const newest = keyOf(first);
  const all = [newest, ...earlier.map(keyOf)];
  return {
    first: newest,
    of: (address) => all.find(({ signer }) => signer.address === address) ?? newest,
    has: (address) => all.some(({ signer }) => signer.address === address),
    get foreign() {
      return all.reduce((sum, { nonceOwner }) => sum + nonceOwner.foreign, 0);
    },
    close() {
      for (const { nonceOwner } of all) nonceOwner.close();
    },
  };
}
