// The number that the next signed call must carry.
import { ProverNetwork } from '../gen/network/network_pb.js';
import { bytesOf } from '../ids.js';
import type { Call, CallParameters, Context } from './context.js';

/** Asks for a nonce within an attempt of something else: each attempt signs with a fresh one. @internal */
export async function freshNonce(context: Context, call: Call): Promise<bigint> {
  const address = bytesOf(context.signerFor('GetNonce').address);
  return (await call(ProverNetwork.method.getNonce, { address })).nonce;
}

/** The next nonce of the client's key. REFUSED, UNREACHABLE, KEY_MISSING, ABORTED. @internal */
export async function nonce(
  context: Context,
  options: CallParameters & { retryBudgetMs?: number } = {},
): Promise<bigint> {
  const budget = options.retryBudgetMs === undefined ? {} : { budgetMs: options.retryBudgetMs };
  return await context.attempt('GetNonce', { ...options, ...budget }, (call) => freshNonce(context, call));
}
