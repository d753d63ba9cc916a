// GetNonce and GetBalance: what an SDK asks about an account.
import { ProverNetwork } from '../../gen/network/network_pb.js';
import { unary } from '../../transport/grpc/unary.js';
import type { SdkDependencies } from './dependencies.js';
import { addressField } from './fields.js';

/** A private server does not bill, but applications refuse to ask for a proof when the balance looks too low: 10^24 base units. */
const plenty = (10n ** 24n).toString();

export const getNonce = ({ nonces }: SdkDependencies) =>
  unary(ProverNetwork.method.getNonce, ({ address }) => {
    addressField('address', address);
    return { nonce: BigInt(nonces.lease()) };
  });

export const getBalance = () =>
  unary(ProverNetwork.method.getBalance, ({ address }) => {
    addressField('address', address);
    return { amount: plenty };
  });
