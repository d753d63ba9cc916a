// GET /tee/signers and /tee/signers/0x…: the keys of mode tee with all that vouches for them. Clients pin what is measured, not this list.
import { malformed } from '../../failures/malformed.js';
import { parseAddress } from '../../ids.js';
import type { SignerView } from '../../machines/signer/view.js';
import { shownSigner, signingSummary } from '../../signers/signerStatus.js';
import type { Signers } from '../../signers/signers.js';
import { answerJson, type Exchange } from '../../transport/http/exchange.js';
import { type Route, reads } from '../../transport/http/routes.js';

export interface SignerRouteDependencies {
  readonly signers: Signers;
}

const signerPath = /^\/tee\/signers\/([^/]+)$/;

/** For everybody: nothing of it is secret. */
export const signersRoute = ({ signers }: SignerRouteDependencies): Route => ({
  methods: reads,
  path: '/tee/signers',
  answer: (exchange) =>
    answerJson(exchange, 200, {
      ...signingSummary(signers),
      signers: signers.views().filter(isKnown).map(shownSigner),
    }),
});

export const signerRoute = ({ signers }: SignerRouteDependencies): Route => ({
  methods: reads,
  path: signerPath,
  answer: (exchange, text) => getSigner(exchange, signers, text),
});

async function getSigner(exchange: Exchange, signers: Signers, text: string): Promise<void> {
  const address = parseAddress(text);
  if (address === undefined) throw malformed('signer', 'it has 40 hex digits, with 0x');
  const view = signers.views().find((each) => 'address' in each && each.address === address);
  if (view === undefined) {
    const message = 'This service has no such key, or had it before its last start. GET /tee/signers lists them.';
    return answerJson(exchange, 404, { error: { code: 'NOT_FOUND', message } });
  }
  const held = signers.quoteOf(view.start.signerId);
  await answerJson(exchange, 200, {
    ...shownSigner(view),
    // In memory as long as the key is. Afterwards it is in the calldata of the registration.
    ...(held && {
      quoteBytes: Buffer.from(held.quote).toString('base64'),
      eventLog: held.eventLog ?? null,
      ...(held.appCompose !== undefined && { appCompose: held.appCompose }),
      // Of a development provider: nobody else has it.
      ...(held.collateral && { collateral: JSON.stringify(held.collateral) }),
    }),
  });
}

/** One without an address is known to nobody. */
const isKnown = (view: SignerView): boolean => 'address' in view && view.address !== null;
