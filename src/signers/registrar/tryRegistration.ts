// Tries a registration without cost, and finds what it takes: gas, and a value where the DCAP verifier of the registry asks a fee.
import { nameOfRevert } from './chainFaults.js';
import { type Claim, RegistrarError } from './registrar.js';
import { ChainError, type Fees, type RegistryChain } from './registryChain.js';

export interface Effort {
  readonly gas: bigint;
  /** Wei at these fees. */
  valueAt(fees: Fees): bigint;
}

/** Far more than a DCAP verification takes on chain. Wrong if one is refused for want of it. */
const mostGas = 10_000_000n;

/**
 * A verifier that takes a fee asks a share of what the gas costs, which is only known when it has run, and gives the rest back. So it is offered
 * as much again as the gas may cost. Rejects with a ChainError, or with a RegistrarError when the verifier wants more than that.
 */
export async function tryRegistration(
  chain: Pick<RegistryChain, 'estimateGas'>,
  claim: Claim,
  fees: Fees,
): Promise<Effort> {
  const gasAt = (value: bigint) => chain.estimateGas(claim, { ...fees, value });
  try {
    return { gas: spare(await gasAt(0n)), valueAt: () => 0n };
  } catch (error) {
    if (!isUnpaid(error)) throw error;
  }
  try {
    const gas = spare(await gasAt(mostGas * fees.maxFeePerGas));
    return { gas, valueAt: ({ maxFeePerGas }) => gas * maxFeePerGas };
  } catch (error) {
    if (!isUnpaid(error)) throw error;
    const detail =
      'the DCAP verifier of the registry asks more for a quote than its gas costs. Ask the owner of the registry';
    throw new RegistrarError({ cause: 'fee', helps: 'again', detail }, { cause: error });
  }
}

/** A quarter more than was estimated: the state it meets may be another one. */
const spare = (gas: bigint) => (gas * 5n) / 4n;

const isUnpaid = (error: unknown) =>
  error instanceof ChainError && error.problem === 'revert' && nameOfRevert(error.detail) === 'Insufficient_Funds';
