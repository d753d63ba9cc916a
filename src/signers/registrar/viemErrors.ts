// viem's errors in our own words: the one edge where they are converted.
import { BaseError, ContractFunctionRevertedError, HttpRequestError, TimeoutError } from 'viem';
import { ChainError } from './registryChain.js';

/** Longest word of a contract or node that is passed on. */
const mostCharacters = 160;

/** By what nodes say: viem has a class for some of them only, and for some nodes only. */
const saidByPools: ReadonlyArray<readonly [RegExp, ChainError['problem'], string]> = [
  [
    // The second is of a trial at a price: what the account has does not buy the gas.
    /insufficient funds|gas required exceeds allowance/i,
    'funds',
    'the account of the registrar has too little to pay for a registration. Send it some',
  ],
  [
    /nonce too low|nonce is too low|lower than the current nonce/i,
    'nonce-too-low',
    'the nonce was used by another transaction',
  ],
  [
    /underpriced|fee too low|replacement transaction/i,
    'underpriced',
    'another transaction of the same nonce offers more',
  ],
];

export function chainErrorOf(error: unknown): ChainError {
  if (error instanceof ChainError) return error;
  if (!(error instanceof BaseError))
    return new ChainError('other', 'the chain answers something unexpected', { cause: error });
  const revert = error.walk((each) => each instanceof ContractFunctionRevertedError);
  if (revert instanceof ContractFunctionRevertedError)
    return new ChainError('revert', wordsOf(revert), { cause: error });
  const text = `${error.message}\n${error.details}`;
  for (const [pattern, problem, words] of saidByPools)
    if (pattern.test(text)) return new ChainError(problem, words, { cause: error });
  if (isUnheard(error)) return new ChainError('down', 'no RPC of --tee-rpc answers', { cause: error });
  return new ChainError('other', `the RPC answers with an error: ${cut(error.shortMessage)}`, { cause: error });
}

/** A broadcast whose answer did not come, or which the pool has already. */
export const isLostAnswer = (error: unknown): boolean =>
  error instanceof BaseError &&
  (isUnheard(error) || /already (known|imported)/i.test(`${error.message}\n${error.details}`));

const isUnheard = (error: BaseError): boolean =>
  error.walk((each) => each instanceof HttpRequestError || each instanceof TimeoutError) !== null;

/** `MeasurementNotAllowed(0x…, 0x…)`, or what a revert of the first version says. */
function wordsOf({ data, reason, signature }: ContractFunctionRevertedError): string {
  if (data === undefined || data.errorName === 'Error') return cut(reason ?? signature ?? 'without a reason');
  return cut(`${data.errorName}(${(data.args ?? []).join(', ')})`);
}

const cut = (text: string): string => (text.length > mostCharacters ? `${text.slice(0, mostCharacters)}…` : text);
