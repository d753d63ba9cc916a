// Which application a dstack VM runs, from the events of its start. Only of a list that was replayed, never of what an agent says beside it.
import { textOfBytes, toHex } from '../bytes.js';
import { refuse } from '../failure.js';
import { at, onlyOf, rootField, textOf } from '../json/fields.js';
import { JsonError, parseJson } from '../json/parseJson.js';
import type { EventLogEntry } from './eventLog.js';

export interface AppEvents {
  /** Hex, 20 bytes. */
  readonly appId: string;
  readonly composeHash: string;
  /** Empty where the application asked for none. */
  readonly instanceId: string;
  readonly keyProvider: { readonly name: string; readonly id: string };
  /** The key provider's word, not a measurement. */
  readonly osImageHash: string | undefined;
}

const runtimeEvent = 0x08000001;

/** EVENT_MISSING, EVENT_DUPLICATE, EVENT_LOG_MALFORMED. */
export function readAppEvents(events: readonly EventLogEntry[]): AppEvents {
  const runtime = events.filter(({ imr, type }) => imr === 3 && type === runtimeEvent);
  // What comes after it was emitted by containers: they may claim another compose-hash.
  const ready = runtime.findIndex(({ name }) => name === 'system-ready');
  if (ready === -1) refuse('EVENT_MISSING', 'The event log has no event system-ready.');
  const system = runtime.slice(0, ready);
  const only = (name: string, ...sizes: readonly number[]): string => {
    const [found, ...more] = system.filter((event) => event.name === name);
    if (found === undefined) return refuse('EVENT_MISSING', `The event log has no event ${name} before system-ready.`);
    if (more.length > 0) refuse('EVENT_DUPLICATE', `The event log has ${more.length + 1} events ${name}.`);
    if (!sizes.includes(found.payload.byteLength))
      refuse('EVENT_LOG_MALFORMED', `The event ${name} has ${found.payload.byteLength} bytes.`);
    return toHex(found.payload);
  };
  return {
    appId: only('app-id', 20),
    composeHash: only('compose-hash', 32),
    instanceId: only('instance-id', 20, 0),
    keyProvider: readKeyProvider(system),
    osImageHash: system.some(({ name }) => name === 'os-image-hash') ? only('os-image-hash', 32) : undefined,
  };
}

function readKeyProvider(system: readonly EventLogEntry[]): AppEvents['keyProvider'] {
  const [found, ...more] = system.filter(({ name }) => name === 'key-provider');
  if (found === undefined)
    return refuse('EVENT_MISSING', 'The event log has no event key-provider before system-ready.');
  if (more.length > 0) refuse('EVENT_DUPLICATE', `The event log has ${more.length + 1} events key-provider.`);
  try {
    const field = onlyOf(rootField(parseJson(textOfBytes(found.payload) ?? '')), ['name', 'id']);
    return { name: textOf(at(field, 'name')), id: textOf(at(field, 'id')) };
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    return refuse('EVENT_LOG_MALFORMED', `The event key-provider cannot be read: ${error.message}.`);
  }
}
