// The event log of a dstack VM's start, and the registers that it gives.
import { createHash } from 'node:crypto';

export interface MockEvent {
  imr: number;
  event_type: number;
  digest: string;
  event: string;
  event_payload: string;
  preimage?: string;
}

const sha384 = (bytes: Uint8Array | string) => createHash('sha384').update(bytes).digest();
const runtimeEvent = 0x08000001;

/** In RTMR3, with the digest of the first form. */
export function runtime(event: string, payload: Uint8Array | string = ''): MockEvent {
  const type = Buffer.alloc(4);
  type.writeUInt32LE(runtimeEvent);
  const bytes = Buffer.from(payload);
  const digest = sha384(Buffer.concat([type, Buffer.from(`:${event}:`), bytes])).toString('hex');
  return { imr: 3, event_type: runtimeEvent, digest, event, event_payload: bytes.toString('hex') };
}

/** With the digest of the second form, whose preimage travels along. */
export function runtimeWithPreimage(event: string, payload: Uint8Array): MockEvent {
  const preimage = JSON.stringify({ name: event, payload: Buffer.from(payload).toString('hex'), type: runtimeEvent });
  const digest = sha384(preimage).toString('hex');
  return { ...runtime(event, payload), digest, preimage: Buffer.from(preimage).toString('hex') };
}

/** Before the operating system: digests only. */
export const measured = (imr: number, what: string): MockEvent => ({
  imr,
  event_type: 4,
  digest: sha384(what).toString('hex'),
  event: '',
  event_payload: '',
});

export interface MockStart {
  readonly appId?: string;
  readonly composeHash: string;
  readonly keyProvider?: string;
  readonly osImageHash?: string;
  readonly later?: readonly MockEvent[];
}

export const startEvents = (of: MockStart): MockEvent[] => [
  ...[0, 0, 1, 1, 2].map((imr, i) => measured(imr, `stage ${i}`)),
  runtime('system-preparing'),
  runtime('app-id', Buffer.from(of.appId ?? of.composeHash.slice(0, 40), 'hex')),
  runtime('compose-hash', Buffer.from(of.composeHash, 'hex')),
  runtime('instance-id', Buffer.alloc(20, 9)),
  runtime('boot-mr-done'),
  ...(of.osImageHash ? [runtime('os-image-hash', Buffer.from(of.osImageHash, 'hex'))] : []),
  runtime('key-provider', JSON.stringify({ name: of.keyProvider ?? 'kms', id: 'abcd' })),
  runtime('system-ready'),
  ...(of.later ?? []),
];

/** RTMR0 to RTMR3, in hex: what the digests give, whatever the names say. */
export function registersOf(events: readonly MockEvent[]): readonly [string, string, string, string] {
  const registers = [0, 1, 2, 3].map((register) =>
    events
      .filter(({ imr }) => imr === register)
      .reduce(
        (value, { digest }) => sha384(Buffer.concat([value, Buffer.from(digest.padEnd(96, '0'), 'hex')])),
        Buffer.alloc(48),
      ),
  );
  return registers.map((value) => value.toString('hex')) as [string, string, string, string];
}
