// What leaves a provider: one whole quote, over what was asked, with the event log that belongs to it.
import { equalBytes, toHex } from '../verify/bytes.js';
import { eventProperties, mostEvents, parseEventLog } from '../verify/events/eventLog.js';
import { replayEvents } from '../verify/events/replayEvents.js';
import { AttestationError } from '../verify/failure.js';
import { JsonError, type JsonObject, parseJson } from '../verify/json/parseJson.js';
import { parseQuote, type Quote } from '../verify/quote/parseQuote.js';
import { type ProvidedQuote, ProviderError, type QuoteProvider } from './quoteProvider.js';

export interface CheckedQuote extends Omit<ProvidedQuote, 'quote' | 'eventLog'> {
  /** Without the zeros behind it. */
  readonly quote: Uint8Array;
  /** Entries with the properties that verifiers know, and no others. */
  readonly eventLog?: readonly JsonObject[];
}

/**
 * The agent reads its event log apart from the quote, so that an event in between breaks the replay: asked once more then, and what comes is
 * passed on, because it is the verifier who judges. Rejects with a ProviderError.
 */
export async function checkedQuote(
  provider: QuoteProvider,
  reportData: Uint8Array,
  signal: AbortSignal,
): Promise<CheckedQuote> {
  const [first, isWhole] = await ask(provider, reportData, signal);
  return isWhole ? first : (await ask(provider, reportData, signal))[0];
}

async function ask(
  provider: QuoteProvider,
  reportData: Uint8Array,
  signal: AbortSignal,
): Promise<[quote: CheckedQuote, isWhole: boolean]> {
  const { quote: bytes, eventLog: text, ...more } = await provider.quote(reportData, signal);
  const quote = readQuote(bytes);
  if (!equalBytes(quote.td.reportData, reportData))
    throw new ProviderError('the quote is over something else than what was asked');
  if (text === undefined) return [{ quote: quote.bytes, ...more }, true];
  const eventLog = knownEntries(text);
  return [{ quote: quote.bytes, eventLog, ...more }, await fits(eventLog, quote)];
}

function readQuote(bytes: Uint8Array): Quote {
  try {
    return parseQuote(bytes);
  } catch (error) {
    if (!(error instanceof AttestationError)) throw error;
    throw new ProviderError('what the provider gives is no TDX quote', { cause: error });
  }
}

/** Throws a ProviderError. */
function knownEntries(text: string): readonly JsonObject[] {
  const problem = 'the event log cannot be read';
  try {
    const entries = parseJson(text);
    if (!Array.isArray(entries) || entries.length > mostEvents) throw new ProviderError(problem);
    return entries.map((entry: JsonObject) =>
      Object.fromEntries(eventProperties.flatMap((name) => (entry?.[name] == null ? [] : [[name, entry[name]]]))),
    ) as readonly JsonObject[];
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    throw new ProviderError(problem, { cause: error });
  }
}

async function fits(eventLog: readonly JsonObject[], { td }: Quote): Promise<boolean> {
  try {
    const registers = await replayEvents(parseEventLog(JSON.stringify(eventLog)));
    return toHex(registers[3]) === toHex(td.rtmr[3]);
  } catch (error) {
    if (error instanceof AttestationError) return false;
    throw error;
  }
}
