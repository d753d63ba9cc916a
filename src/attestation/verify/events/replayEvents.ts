// Registers from events: if these are those of the quote, the log is what happened.
import { bytesOfText, concatBytes, equalBytes, toHex } from '../bytes.js';
import { sha384 } from '../crypto.js';
import { refuse } from '../failure.js';
import type { EventLogEntry } from './eventLog.js';

export type Registers = readonly [Uint8Array, Uint8Array, Uint8Array, Uint8Array];

const runtimeRegister = 3;

/**
 * The values that the four registers have after all events. Those of RTMR3 are hashed anew from name and payload, so that what is read in
 * them is what was measured; for the others the log has digests only. EVENT_DIGEST_WRONG.
 */
export async function replayEvents(events: readonly EventLogEntry[]): Promise<Registers> {
  const registers: [Uint8Array, Uint8Array, Uint8Array, Uint8Array] = [zero(), zero(), zero(), zero()];
  for (const event of events) {
    const imr = event.imr as 0 | 1 | 2 | 3;
    const digest = imr === runtimeRegister ? await digestOf(event) : event.digest;
    registers[imr] = await sha384(concatBytes(registers[imr], digest, new Uint8Array(48 - digest.byteLength)));
  }
  return registers;
}

const zero = () => new Uint8Array(48);

async function digestOf(event: EventLogEntry): Promise<Uint8Array> {
  const hashed = event.preimage === undefined ? first(event) : second(event, event.preimage);
  const digest = await sha384(hashed);
  if (event.digest.byteLength > 0 && !equalBytes(digest, event.digest))
    refuse('EVENT_DIGEST_WRONG', `The event "${event.name}" has not the digest of its name and payload.`);
  return digest;
}

function first({ type, name, payload }: EventLogEntry): Uint8Array {
  const head = new Uint8Array(4);
  new DataView(head.buffer).setUint32(0, type, true);
  return concatBytes(head, bytesOfText(`:${name}:`), payload);
}

function second({ type, name, payload }: EventLogEntry, preimage: Uint8Array): Uint8Array {
  const expected = bytesOfText(JSON.stringify({ name, payload: toHex(payload), type }));
  if (!equalBytes(expected, preimage))
    refuse('EVENT_DIGEST_WRONG', `The event "${name}" has a preimage of another name or payload.`);
  return expected;
}
