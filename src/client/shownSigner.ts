// The answer of GET /tee/signers/0x…, read with care: it is whatever the service says, and the quote in it decides.
import { type Address, parseAddress } from '../ids.js';
import type { BindingPlace, BoundBlock } from '../tee/reportData.js';

export interface ShownSigner {
  readonly address: Address;
  readonly quote: Uint8Array;
  /** JSON text. */
  readonly eventLog?: string;
  /** Raw text. */
  readonly appCompose?: string;
  /** QuoteCollateralV3 as JSON text: a development provider brings it. */
  readonly collateral?: string;
  readonly reference: BoundBlock;
  /** Absent for a key that is bound to no registry. */
  readonly place?: BindingPlace;
}

/** Far more than an event log and a compose file have. */
const mostCharacters = 4 * 1_048_576;

/** Undefined for what is no such answer, or has no quote: a key that has ended shows none. */
export function parseShownSigner(text: string): ShownSigner | undefined {
  if (text.length > mostCharacters) return undefined;
  let shown: Readonly<Record<string, unknown>>;
  try {
    shown = Object(JSON.parse(text)) as Readonly<Record<string, unknown>>;
  } catch {
    return undefined;
  }
  const address = typeof shown['address'] === 'string' ? parseAddress(shown['address']) : undefined;
  const { number, hash } = Object(Object(shown['quote'])['reference']) as Readonly<Record<string, unknown>>;
  const place = placeIn(shown);
  const quote = shown['quoteBytes'];
  const isWhole =
    address !== undefined &&
    typeof quote === 'string' &&
    /^[A-Za-z0-9+/]+={0,2}$/.test(quote) &&
    Number.isSafeInteger(number) &&
    (number as number) >= 0 &&
    typeof hash === 'string' &&
    /^0x[0-9a-f]{64}$/.test(hash) &&
    place !== 'malformed';
  if (!isWhole) return undefined;
  return {
    address,
    quote: new Uint8Array(Buffer.from(quote, 'base64')),
    reference: { number: number as number, hash: hash.slice(2) },
    ...textIn(shown, 'eventLog'),
    ...textIn(shown, 'appCompose'),
    ...textIn(shown, 'collateral'),
    ...(place && { place }),
  };
}

function placeIn({ chainId, registry }: Readonly<Record<string, unknown>>): BindingPlace | undefined | 'malformed' {
  if (chainId === undefined && registry === undefined) return undefined;
  const address = typeof registry === 'string' ? parseAddress(registry) : undefined;
  if (!Number.isSafeInteger(chainId) || (chainId as number) <= 0 || address === undefined) return 'malformed';
  return { chainId: chainId as number, registry: address };
}

const textIn = <N extends 'eventLog' | 'appCompose' | 'collateral'>(
  shown: Readonly<Record<string, unknown>>,
  name: N,
): { [Name in N]?: string } =>
  typeof shown[name] === 'string' ? ({ [name]: shown[name] } as { [Name in N]?: string }) : {};
