// What a signer has to show a registry, put together of its snapshot and of the quote in memory.
import type { Address } from '../../ids.js';
import type { SignerContext } from '../../machines/signer/rules.js';
import type { Quotes } from '../quotes.js';
import { type Claim, RegistrarError } from '../registrar/registrar.js';

/** The machine is past `generating`. */
export function addressOf({ address, start }: SignerContext): Address {
  if (address === null) throw new Error(`signer ${start.signerId} has no address yet`);
  return address;
}

/** Throws a RegistrarError when the quote is of an earlier process. */
export function claimOf(context: SignerContext, quotes: Quotes): Claim {
  const held = quotes.get(context.start.signerId);
  if (held === undefined || context.quote === null)
    throw new RegistrarError({ cause: 'quote', helps: 'new-quote', detail: 'its quote is gone' });
  const { quote, collateral } = held;
  return { address: addressOf(context), reference: context.quote.reference, quote, collateral };
}
