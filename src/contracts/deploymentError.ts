// Why contracts were not deployed: a code, and a sentence that says what to do. It never names the URL, which may hold a key of the RPC's owner.
import { type Address, BaseError } from 'viem';

export type DeploymentCode =
  | 'RPC_FAILED'
  | 'CHAIN_ID_DIFFERS'
  | 'CODE_MISSING'
  | 'MOCK_VERIFIER'
  | 'PUBLIC_KEY_OF_ANVIL'
  | 'TRANSACTION_FAILED';

export class DeploymentError extends Error {
  override readonly name = 'DeploymentError';
  constructor(
    readonly code: DeploymentCode,
    message: string,
    options?: { readonly cause: unknown },
  ) {
    super(message, options);
  }
}

/** Longest piece of an RPC's own words in a message (characters). */
const mostForeign = 200;

/** What an RPC said, in a line: it is a stranger's text. */
export function rpcWords(error: unknown): string {
  const words = error instanceof BaseError ? `${error.shortMessage} ${deepest(error)}` : String(error);
  return words
    .replaceAll(/[^\x20-\x7e]+/g, ' ')
    .trim()
    .slice(0, mostForeign);
}

/** viem wraps: the reason stands in the innermost of its errors. */
function deepest(error: BaseError): string {
  const inner = error.walk();
  return inner instanceof BaseError && inner !== error && inner.shortMessage !== error.shortMessage
    ? inner.shortMessage
    : '';
}

export const codeMissing = (what: string, address: Address, chainId: number) =>
  new DeploymentError(
    'CODE_MISSING',
    `There is no contract at ${address} on chain ${chainId}, which should be ${what}. Check the address and the chain.`,
  );
