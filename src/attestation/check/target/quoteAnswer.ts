// What an agent answers to GetQuote or TdxQuote: the form in which quotes are kept, and quote.json among the evidence files.
import { fromHex } from '../../verify/bytes.js';
import { refuse } from '../../verify/failure.js';
import { at, type Field, onlyOf, optional, rootField, textOf } from '../../verify/json/fields.js';
import { JsonError, parseJson } from '../../verify/json/parseJson.js';

export interface QuoteAnswer {
  readonly quote: Uint8Array;
  /** JSON text. */
  readonly eventLog: string | undefined;
}

const names = ['quote', 'event_log', 'report_data', 'vm_config', 'attestation', 'hash_algorithm', 'prefix'];

/** EVIDENCE_MALFORMED: it may be an error page, which old images of ingress keep. */
export function parseQuoteAnswer(json: string): QuoteAnswer {
  try {
    const field = onlyOf(rootField(parseJson(json)), names);
    const quote = fromHex(textOf(at(field, 'quote')).replace(/^0x/, ''));
    if (quote === undefined || quote.byteLength === 0) throw new JsonError('quote is not lower-case hex');
    return { quote, eventLog: optional(at(field, 'event_log'), eventLogOf) };
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    return refuse('EVIDENCE_MALFORMED', `The agent’s answer with the quote cannot be read: ${error.message}.`);
  }
}

/** A string that holds JSON; tools that keep answers write the list itself. */
function eventLogOf(field: Field): string | undefined {
  const text = typeof field.value === 'string' ? field.value : JSON.stringify(field.value);
  return text === '' || text === 'null' ? undefined : text;
}
