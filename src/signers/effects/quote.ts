// Reads a recent block and has this machine quote the key's address over it.
import { sha256 } from '@noble/hashes/sha2';
import type { QuoteQueue } from '../../attestation/reports/quoteQueue.js';
import { FailureError } from '../../failures/failureError.js';
import { sentenceOf } from '../../failures/sentenceOf.js';
import type { Sha256 } from '../../ids.js';
import { keyProviderFault } from '../keyProvider.js';
import type { Quotes } from '../quotes.js';
import { type Registrar, RegistrarError } from '../registrar/registrar.js';
import { addressOf } from './claim.js';
import { type TaskParameters, taskEffect } from './task.js';

export interface QuoteParameters extends TaskParameters {
  readonly registrar: Registrar;
  readonly queue: Pick<QuoteQueue, 'quote'>;
  readonly quotes: Quotes;
}

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

export const quoteEffect = ({ registrar, queue, quotes, ...parameters }: QuoteParameters) =>
  taskEffect(
    parameters,
    async (context, { signal }) => {
      const reference = await registrar.reference(signal);
      const reportData = registrar.reportData(addressOf(context), reference);
      const { quote, collateral, eventLog, appCompose } = await queue.quote(reportData).catch(asFault);
      const fault = keyProviderFault(eventLog);
      if (fault !== undefined) throw new RegistrarError(fault);
      // Left meanwhile: what is kept now would stay for ever.
      signal.throwIfAborted();
      quotes.keep(context.start.signerId, {
        quote,
        collateral,
        appCompose,
        eventLog: eventLog === undefined ? undefined : JSON.stringify(eventLog),
      });
      const facts = { sha256: hex(sha256(quote)) as Sha256, sizeBytes: quote.byteLength };
      return { type: 'QUOTED', quote: { ...facts, reference, reportData: hex(reportData) } };
    },
    (fault) => ({ type: 'QUOTE_FAILED', fault, at: parameters.clock.now() }),
  );

function asFault(error: unknown): never {
  if (!(error instanceof FailureError)) throw error;
  throw new RegistrarError({ cause: 'quote', helps: 'again', detail: sentenceOf(error.failure) }, { cause: error });
}
