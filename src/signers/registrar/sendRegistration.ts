// One transaction that registers a key: tried without cost first, with the nonce that the chain names, and never dearer than allowed.
import type { SentTransaction } from '../../machines/signer/rules.js';
import { firstFees, raisedFees } from './fees.js';
import { type Claim, RegistrarError } from './registrar.js';
import { ChainError, type Fees, type RegistryChain } from './registryChain.js';
import { tryRegistration } from './tryRegistration.js';

export interface SendParameters {
  readonly chain: RegistryChain;
  /** Of maxFeePerGas, in wei. */
  readonly maxFee: bigint;
}

/** A transaction of an earlier process may wait under the same nonce, and what it offers is not known. */
const mostRaises = 24;

/** `block`: the head. Rejects with a ChainError, or with a RegistrarError when the fee would be too high. */
export async function sendRegistration(
  { chain, maxFee }: SendParameters,
  claim: Claim,
  earlier: readonly SentTransaction[],
  block: number,
): Promise<SentTransaction> {
  const nonce = await chain.nonce();
  const now = await chain.fees();
  const before = earlier.filter((each) => each.nonce === nonce).at(-1);
  let fees = before === undefined ? firstFees(now, maxFee) : (raisedFees(before, now, maxFee) ?? unchanged(before));
  const effort = fees && (await tryRegistration(chain, claim, fees));
  for (let raises = 0; fees !== undefined && effort !== undefined && raises <= mostRaises; raises += 1) {
    try {
      const hash = await chain.send(claim, { ...fees, nonce, gas: effort.gas, value: effort.valueAt(fees) });
      return { hash, nonce, block, ...inDecimal(fees) };
    } catch (error) {
      if (!(error instanceof ChainError) || error.problem !== 'underpriced') throw error;
      fees = raisedFees(inDecimal(fees), now, maxFee);
    }
  }
  throw new RegistrarError({
    cause: 'fee',
    helps: 'again',
    detail: `a registration costs more than ${maxFee / 1_000_000_000n} gwei of gas now. Raise --tee-max-fee, or wait`,
  });
}

/** The same bytes again: a pool that has dropped them takes them back. */
const unchanged = (before: SentTransaction): Fees => ({
  maxFeePerGas: BigInt(before.maxFeePerGas),
  maxPriorityFeePerGas: BigInt(before.maxPriorityFeePerGas),
});

const inDecimal = ({ maxFeePerGas, maxPriorityFeePerGas }: Fees) => ({
  maxFeePerGas: maxFeePerGas.toString(),
  maxPriorityFeePerGas: maxPriorityFeePerGas.toString(),
});
