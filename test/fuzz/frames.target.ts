// HTTP/2 frame by frame, after the preface: every type with any flags, stream and length, header blocks that are none, and floods.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { assertNothingInternal } from '../../src/testkit/service/serviceCalls.js';
import { headerBlockOf } from './hpack.js';
import { calls } from './messages.samples.js';
import { converse, type Ending } from './rawConnection.js';
import { placeOf, type Subject } from './subject.js';
import { count, type Target } from './target.js';

export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  /** In hex; HEADERS may be given by their fields instead. */
  readonly payload?: string;
  readonly fields?: ReadonlyArray<readonly [string, string]>;
  /** What the frame says instead of its length. */
  readonly announced?: number;
  readonly times?: number;
}

export interface FramesInput {
  /** False: not even the preface's second half and the first SETTINGS are right. */
  readonly opens: boolean;
  readonly frames: readonly Frame[];
  /** After the frames. */
  readonly tail: string;
  /** All in one write, or frame by frame. */
  readonly atOnce: boolean;
  readonly ending: Ending;
}

const type = {
  data: 0,
  headers: 1,
  priority: 2,
  reset: 3,
  settings: 4,
  push: 5,
  ping: 6,
  goAway: 7,
  window: 8,
  continuation: 9,
};
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const u32 = (value: number) => hex(Buffer.from([value >>> 24, value >>> 16, value >>> 8, value]));

const stream = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(1, 1, 3, 5, 7) },
  { weight: 2, arbitrary: fc.constantFrom(0, 2, 4) },
  { weight: 1, arbitrary: fc.constantFrom(2 ** 31 - 1, 2 ** 31 + 1, 2 ** 30 + 1) },
);
const flags = fc.oneof({ weight: 4, arbitrary: fc.constantFrom(0, 1, 4, 5) }, { weight: 1, arbitrary: fc.nat(255) });
const payload = fc.uint8Array({ maxLength: 60 }).map(hex);
const times = fc.oneof(
  { weight: 8, arbitrary: fc.constant(1) },
  { weight: 1, arbitrary: fc.integer({ min: 2, max: 1_500 }) },
);
const announced = fc.oneof(fc.nat(100), fc.constantFrom(16_384, 16_385, 2 ** 24 - 1));

const any = fc.record(
  { type: fc.oneof(fc.nat(10), fc.nat(255)), flags, stream, payload, announced, times },
  { requiredKeys: ['type', 'flags', 'stream', 'payload'] },
);
const odd32 = fc.oneof(
  fc.nat(10),
  fc.constantFrom(65_535, 65_536, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1),
  fc.nat(2 ** 32 - 1),
);
const settings = fc.record({
  type: fc.constant(type.settings),
  flags: fc.constantFrom(0, 0, 0, 1),
  stream: fc.constantFrom(0, 0, 0, 1),
  payload: fc
    .array(fc.tuple(fc.oneof(fc.nat(9), fc.nat(65_535)), odd32), { maxLength: 12 })
    .map((pairs) => pairs.map(([id, value]) => u32(id).slice(4) + u32(value)).join('')),
  times,
});
const window = fc.record({
  type: fc.constant(type.window),
  flags: fc.constant(0),
  stream,
  payload: odd32.map(u32),
  times,
});
const reset = fc.record({
  type: fc.constant(type.reset),
  flags: fc.constant(0),
  stream,
  payload: fc.nat(20).map(u32),
  times,
});
const ping = fc.record({
  type: fc.constant(type.ping),
  flags: fc.constantFrom(0, 1),
  stream: fc.constantFrom(0, 0, 1),
  payload: fc.uint8Array({ minLength: 7, maxLength: 9 }).map(hex),
  times,
});
const goAway = fc.record({ type: fc.constant(type.goAway), flags: fc.constant(0), stream: fc.constant(0), payload });

/** `HOST` stands for where the service is. */
const field = fc.oneof(
  fc.tuple(
    fc.constantFrom(
      ':path',
      ':method',
      ':authority',
      ':scheme',
      ':status',
      ':protocol',
      '',
      'te',
      'host',
      'connection',
    ),
    fc.string({ unit: 'binary-ascii', maxLength: 20 }),
  ),
  fc.tuple(fc.constant('content-length'), fc.constantFrom('0', '5', '-1', '99999999999999999999', '5, 5')),
  fc.tuple(fc.string({ unit: 'binary-ascii', maxLength: 12 }), fc.string({ unit: 'binary-ascii', maxLength: 30 })),
  fc.tuple(
    fc.constantFrom('x', 'cookie'),
    fc.integer({ min: 100, max: 17_000 }).map((length) => 'y'.repeat(length)),
  ),
);
const paths = [...new Set(calls.map(({ path }) => path))];
const goodFields = fc.oneof(
  fc
    .constantFrom(...paths)
    .map((path) => [
      ':method POST',
      ':scheme http',
      ':authority HOST',
      `:path ${path}`,
      'content-type application/grpc',
      'te trailers',
    ]),
  fc
    .tuple(
      fc.constantFrom('GET', 'HEAD', 'PUT', 'CONNECT'),
      fc.constantFrom('/health', '/nothing', 'PROOF', 'REQUEST', `/artifacts/${'0'.repeat(64)}`),
    )
    .map(([method, path]) => [`:method ${method}`, ':scheme http', ':authority HOST', `:path ${path}`]),
);
const headers = fc
  .tuple(
    goodFields,
    fc.oneof({ weight: 2, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: fc.array(field, { maxLength: 3 }) }),
    fc.nat(8),
  )
  .map(([good, odd, at]) => {
    const fields = good.map((line) => line.split(' ') as [string, string]);
    fields.splice(at, 0, ...(odd as [string, string][]));
    return fields;
  });
const headersFrame = fc.record({ type: fc.constant(type.headers), flags, stream, fields: headers });
const message = fc.constantFrom('0000000000', `00000000160a14${'11'.repeat(20)}`);
const data = fc.record({ type: fc.constant(type.data), flags, stream, payload: fc.oneof(message, payload) });
const oddFrame: fc.Arbitrary<Frame> = fc.oneof(headersFrame, data, any, settings, window, reset, ping, goAway);

/** HEADERS and DATA as they should be, but for their fields at times; their stream is filled in. */
const goodCall: fc.Arbitrary<Frame[]> = fc
  .tuple(headers, fc.oneof({ weight: 3, arbitrary: message }, { weight: 1, arbitrary: payload }), fc.boolean())
  .map(([fields, content, hasBody]) => {
    const head = { type: type.headers, flags: hasBody ? 4 : 5, stream: 1, fields };
    return hasBody ? [head, { type: type.data, flags: 1, stream: 1, payload: content }] : [head];
  });

export const framesTarget: Target<FramesInput> = {
  name: 'frames',
  inputs: fc.record({
    opens: fc.oneof({ weight: 12, arbitrary: fc.constant(true) }, { weight: 1, arbitrary: fc.constant(false) }),
    frames: fc
      .tuple(fc.array(goodCall, { maxLength: 4 }), fc.array(fc.tuple(fc.nat(9), oddFrame), { maxLength: 4 }))
      .map(([good, odd]) => {
        const frames: Frame[] = good.flatMap((call, i) => call.map((frame) => ({ ...frame, stream: 1 + 2 * i })));
        for (const [at, frame] of odd) frames.splice(at, 0, frame);
        return frames;
      }),
    tail: fc.oneof(
      { weight: 4, arbitrary: fc.constant('') },
      { weight: 1, arbitrary: fc.uint8Array({ maxLength: 200 }).map(hex) },
    ),
    atOnce: fc.boolean(),
    ending: fc.oneof<fc.Arbitrary<Ending>[]>(fc.constant('fin'), fc.constantFrom('fin', 'reset', 'stay')),
  }),
  async check({ opens, frames, tail, atOnce, ending }, subject) {
    const all = [
      Buffer.from(opens ? 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n' : 'PRI * HTTP/2.0\r\n\r\n'),
      ...(opens ? [frameOf({ type: type.settings, flags: 0, stream: 0 }, subject)] : []),
      ...frames.map((frame) => frameOf(frame, subject)),
      Buffer.from(tail, 'hex'),
    ];
    const pieces = atOnce ? [Buffer.concat(all)] : all;
    const conversation = { pieces, ending, pause: subject.pause, isEnough: isGoneAway };
    const bytes = await converse(subject.rig.port, conversation);
    verify(
      bytes,
      pieces.reduce((sum, piece) => sum + piece.byteLength, 0),
      subject,
    );
  },
};

/** Enough for every flood that is meant, and a limit where large and many meet. */
const mostBytes = 2 ** 20;

function frameOf(frame: Frame, subject: Subject): Buffer {
  const content =
    frame.fields === undefined
      ? Buffer.from(frame.payload ?? '', 'hex')
      : headerBlockOf(fieldsIn(frame.fields, subject));
  const head = Buffer.alloc(9);
  head.writeUIntBE((frame.announced ?? content.byteLength) % 2 ** 24, 0, 3);
  head[3] = frame.type;
  head[4] = frame.flags;
  head.writeUInt32BE(frame.stream >>> 0, 5);
  const one = Buffer.concat([head, content]);
  const repeated = Math.min(frame.times ?? 1, Math.ceil(mostBytes / one.byteLength));
  return Buffer.concat(Array.from({ length: repeated }, () => one));
}

const fieldsIn = (fields: NonNullable<Frame['fields']>, subject: Subject) =>
  fields.map(([name, value]) => [name, placeOf(value, subject)] as const);

/** No client is sent much more than it has asked for; health and a proof of a kilobyte are the largest answers here. */
const mostHeard = (sentBytes: number) => 64 * 1024 + 40 * sentBytes;

/** What is heard are frames that HTTP/2 knows, and nothing internal is in them. */
function verify(heard: Buffer, sentBytes: number, subject: Subject): void {
  assert.ok(heard.byteLength <= mostHeard(sentBytes), `${heard.byteLength} bytes came back for ${sentBytes}`);
  for (const { kind, content } of framesIn(heard)) {
    assert.ok(kind <= type.window, `a frame of type ${kind}`);
    if (kind === type.goAway) count(subject, `frames: ended with ${content.readUInt32BE(4)}`);
    if (kind === type.reset) count(subject, `frames: reset with ${content.readUInt32BE(0)}`);
    if (kind === type.headers) count(subject, 'frames: answered');
    if (kind === type.data || kind === type.goAway) assertNothingInternal(content.toString('latin1'));
  }
}

const frameHeaderBytes = 9;

function* framesIn(heard: Buffer): Generator<{ kind: number; content: Buffer }> {
  for (let at = 0; at + frameHeaderBytes <= heard.byteLength; ) {
    const end = at + frameHeaderBytes + heard.readUIntBE(at, 3);
    if (end > heard.byteLength) return;
    yield { kind: heard[at + 3] as number, content: heard.subarray(at + frameHeaderBytes, end) };
    at = end;
  }
}

/** It says no more, though it may not see yet that we have gone (`memory.ts`). */
const isGoneAway = (heard: Buffer): boolean => [...framesIn(heard)].some(({ kind }) => kind === type.goAway);
