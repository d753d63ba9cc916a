// The event log of a TD: what was measured into its registers, entry by entry, as dstack's agent gives it.
import { bytesOfText } from '../bytes.js';
import { refuse } from '../failure.js';
import { at, type Field, hexOf, listOf, onlyOf, optional, rootField, textOf, wholeOf } from '../json/fields.js';
import { JsonError, parseJson } from '../json/parseJson.js';

export interface EventLogEntry {
  /** Which of the four registers. */
  readonly imr: number;
  readonly type: number;
  /** Up to 48 bytes. Empty: newer agents leave that of RTMR3 to the reader. */
  readonly digest: Uint8Array;
  readonly name: string;
  readonly payload: Uint8Array;
  /** Of the second form of digests: the bytes that were hashed. */
  readonly preimage: Uint8Array | undefined;
}

export const mostEvents = 1_024;
export const mostEventLogBytes = 1_048_576;
/** All that an entry may have. */
export const eventProperties = [
  'imr',
  'event_type',
  'digest',
  'event',
  'event_payload',
  'preimage',
  'event_log_version',
];

/** From its JSON text. EVENT_LOG_MALFORMED. */
export function parseEventLog(json: string): readonly EventLogEntry[] {
  if (bytesOfText(json).byteLength > mostEventLogBytes)
    refuse('EVENT_LOG_MALFORMED', `The event log has more than ${mostEventLogBytes} bytes.`);
  try {
    return listOf(rootField(parseJson(json)), mostEvents).map(readEntry);
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    return refuse('EVENT_LOG_MALFORMED', `The event log cannot be read: ${error.message}.`);
  }
}

function readEntry(field: Field): EventLogEntry {
  onlyOf(field, eventProperties);
  const digest = hexOf(at(field, 'digest'));
  const imr = wholeOf(at(field, 'imr'), 0, 3);
  const preimage = optional(at(field, 'preimage'), (of) => hexOf(of));
  const version = optional(at(field, 'event_log_version'), (of) => wholeOf(of, 1, 2)) ?? 1;
  if (digest.byteLength > 48 || (digest.byteLength === 0 && imr !== 3))
    throw new JsonError(`${at(field, 'digest').path} has ${digest.byteLength} bytes`);
  if (version === 2 && preimage === undefined) throw new JsonError(`${at(field, 'preimage').path} is not there`);
  return {
    imr,
    type: wholeOf(at(field, 'event_type'), 0, 2 ** 32 - 1),
    digest,
    name: textOf(at(field, 'event')),
    payload: hexOf(at(field, 'event_payload')),
    preimage,
  };
}
