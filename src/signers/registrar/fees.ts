// What a registration may cost, and what its replacement must offer.
import type { SentTransaction } from '../../machines/signer/rules.js';
import type { Fees } from './registryChain.js';

/** Nodes take a replacement at 10 % more. A quarter more is sure of it, and soon reaches a fee that goes through. */
const raised = (fee: bigint) => (fee * 5n + 3n) / 4n;
const atLeast = (fee: bigint) => (fee * 11n + 9n) / 10n;
const larger = (a: bigint, b: bigint) => (a > b ? a : b);
const smaller = (a: bigint, b: bigint) => (a < b ? a : b);

/** By what the chain asks now. `most`: of maxFeePerGas, in wei. Undefined when the chain asks more. */
export function firstFees(now: Fees, most: bigint): Fees | undefined {
  if (now.maxFeePerGas > most) return undefined;
  return { ...now, maxPriorityFeePerGas: smaller(now.maxPriorityFeePerGas, now.maxFeePerGas) };
}

/** More than before, and at least what the chain asks now. Undefined when a node would not take what is left below `most`. */
export function raisedFees(
  before: Pick<SentTransaction, 'maxFeePerGas' | 'maxPriorityFeePerGas'>,
  now: Fees,
  most: bigint,
): Fees | undefined {
  const [maxFee, priority] = [BigInt(before.maxFeePerGas), BigInt(before.maxPriorityFeePerGas)];
  const maxFeePerGas = smaller(most, larger(raised(maxFee), now.maxFeePerGas));
  const maxPriorityFeePerGas = smaller(maxFeePerGas, larger(raised(priority), now.maxPriorityFeePerGas));
  if (maxFeePerGas < atLeast(maxFee) || maxPriorityFeePerGas < atLeast(priority)) return undefined;
  return { maxFeePerGas, maxPriorityFeePerGas };
}
