// The gRPC layer around a message that is valid: its length prefix, how many there are, how they arrive, and the headers of the call.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { assertNothingInternal } from '../../src/testkit/service/serviceCalls.js';
import { code } from '../../src/transport/grpc/code.js';
import { formOf, verifyForm } from './grpcForm.js';
import { type Answer, isRefusedByClient, type Sent } from './http2Call.js';
import { circumstancesOf } from './messages.circumstances.js';
import { calls, messageOf } from './messages.samples.js';
import { headersOf, type Subject } from './subject.js';
import { count, type Target } from './target.js';
import { judge, maxCallBytes, nameOf } from './verdict.js';

export interface FramingInput {
  readonly call: string;
  /** First byte of the prefix: 1 would be a compressed message. */
  readonly flag: number;
  /** What the prefix announces, when that is not the length. */
  readonly announced?: number;
  /** How many messages there are. */
  readonly messages: number;
  /** After them. */
  readonly trailing: string;
  /** Only so much of it all is sent. */
  readonly cutAt?: number;
  readonly pieceBytes: number;
  readonly ending: Sent['ending'];
  /** Instead of, or beside, those of a good call. */
  readonly headers: Readonly<Record<string, string>>;
}

const usually = <T>(value: T, other: fc.Arbitrary<T>, weight = 4) =>
  fc.oneof({ weight, arbitrary: fc.constant(value) }, { weight: 1, arbitrary: other });

/** Printable ASCII, and bytes that HTTP/2 allows though no one sends them. Spaces around them would make HTTP/2 drop the header. */
const value = fc
  .oneof(
    fc.string({ unit: 'grapheme-ascii', maxLength: 40 }),
    fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes.map((byte) => byte | 0x80)).toString('latin1')),
    fc.integer({ min: 100, max: 9_000 }).map((length) => 'v'.repeat(length)),
  )
  .map((text) => text.trim());
const typical: Readonly<Record<string, readonly string[]>> = {
  ':path': [
    '/',
    '',
    '*',
    '/network.ProverNetwork/',
    '/network.ProverNetwork/GetNonce?x=1',
    '/network.ProverNetwork/getNonce',
    '//',
    '/health',
    '/%2e%2e/',
    '/constructor/__proto__',
  ],
  ':authority': ['', 'a', 'h:99999', '[::1]:8080', 'user@host', 'x/../y', 'ex ample', '127.0.0.1'],
  ':method': ['GET', 'PUT', 'HEAD', 'OPTIONS', 'CONNECT', 'post', 'PRI', ''],
  ':scheme': ['https', '', 'ftp'],
  'content-type': [
    '',
    'application/grpc+proto',
    'application/grpc;x',
    'application/grpc+json',
    'application/grpc-web',
    'application/grpc-web-text+proto',
    'application/GRPC',
    'text/html',
    'application/json',
  ],
  te: ['trailers', '', 'gzip', 'trailers, deflate'],
  'grpc-timeout': ['0n', '1n', '1u', '1m', '99999999H', '999999999H', '-1S', 'S', '5', '1S, 1S'],
  'grpc-encoding': ['identity', 'gzip', '', 'identity, identity'],
  'grpc-accept-encoding': ['gzip', ''],
  authorization: ['Bearer x', 'Bearer ', 'Basic eDp5', `Bearer ${'t'.repeat(5_000)}`],
  'user-agent': ['', 'tonic/0.14', 'sealed-prover/1', 'tonic/0.12.3 '],
  'content-length': ['0', '5', '18446744073709551616', 'x', '-1'],
  'transfer-encoding': ['chunked'],
  host: ['elsewhere', ''],
  expect: ['100-continue'],
  cookie: ['a=b'],
  'x-anything': ['1'],
};
const header = fc
  .constantFrom(...Object.keys(typical))
  .chain((name) =>
    fc.tuple(
      fc.constant(name),
      fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...(typical[name] ?? [])) }, { weight: 1, arbitrary: value }),
    ),
  );

/** The others may do something for a caller who has left already, and nobody would know. */
const unsigned = calls.filter(({ input }) => !input.fields.some(({ name }) => name === 'body'));

const parts = {
  call: fc.constantFrom(...unsigned.map(({ name }) => name)),
  flag: usually(0, fc.nat(255), 8),
  messages: usually(1, fc.nat(3), 8),
  trailing: usually(
    '',
    fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes).toString('hex')),
    8,
  ),
  pieceBytes: usually(2 ** 20, fc.integer({ min: 1, max: 60 })),
  ending: usually<Sent['ending']>('end', fc.constantFrom('cancel', 'leave'), 8),
  headers: usually(
    {},
    fc.array(header, { maxLength: 4 }).map((all) => Object.fromEntries(all)),
    1,
  ),
};
const announced = fc.oneof(
  fc.nat(300),
  fc.constantFrom(maxCallBytes, maxCallBytes + 1, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1),
);

export const framingTarget: Target<FramingInput> = {
  name: 'framing',
  inputs: fc.oneof(
    { weight: 3, arbitrary: fc.record(parts) },
    { weight: 1, arbitrary: fc.record({ ...parts, announced }) },
    { weight: 1, arbitrary: fc.record({ ...parts, cutAt: fc.nat(100) }) },
  ),
  async check(input, subject) {
    const call = calls.find(({ name }) => name === input.call);
    assert.ok(call !== undefined, `there is no call ${input.call}`);
    const message = messageOf(call.input, await circumstancesOf(subject, 'fulfilled'), 'alice');
    const bytes = bytesIn(input, message);
    const headers = { ...headersOf(subject, call.path), ...input.headers };
    const sent = { headers, pieces: piecesOf(bytes, input.pieceBytes), ending: input.ending };
    const answer = await subject.caller.call(sent).catch((error: unknown) => {
      // Such headers cannot be sent by this client; raw frames try them.
      if (isRefusedByClient(error)) return undefined;
      throw error;
    });
    if (answer !== undefined) verify(answer, sent, bytes, subject);
  },
};

function bytesIn({ flag, announced, messages, trailing, cutAt }: FramingInput, message: Uint8Array): Buffer {
  const prefix = Buffer.alloc(5);
  prefix[0] = flag;
  prefix.writeUInt32BE(announced ?? message.byteLength, 1);
  const one = Buffer.concat([prefix, message]);
  const all = Buffer.concat([...Array.from({ length: messages }, () => one), Buffer.from(trailing, 'hex')]);
  return all.subarray(0, cutAt);
}

/** At most a hundred. */
function piecesOf(bytes: Buffer, pieceBytes: number): Buffer[] {
  const size = Math.max(pieceBytes, Math.ceil(bytes.byteLength / 100));
  return Array.from({ length: Math.ceil(bytes.byteLength / size) }, (_, i) => bytes.subarray(i * size, (i + 1) * size));
}

/** HTTP/2 itself refuses some of their values, with a reset (RFC 9113, 8.1.1). */
const partOfHttp2 = [':path', ':authority', ':method', ':scheme', 'te', 'content-length', 'host', 'transfer-encoding'];
const protocolError = 1;
/** From Node 24 on it ends the connection with this one where the body is not as long as it was said to be. */
const internalError = 2;
const enhanceYourCalm = 11;
/** `front/http2Sessions.ts` allows no more; it is announced as SETTINGS_MAX_HEADER_LIST_SIZE, which counts 32 bytes a header besides. */
const maxHeaderBytes = 16 * 1024;
const sizeOf = (headers: Readonly<Record<string, string>>) =>
  Object.entries(headers).reduce((sum, [name, text]) => sum + name.length + text.length + 32, 0);

function verify(answer: Answer, { headers, ending }: Sent, bytes: Buffer, subject: Subject): void {
  const good = headersOf(subject, headers[':path'] ?? '');
  const isOdd =
    partOfHttp2.some((name) => headers[name] !== good[name]) || !calls.some(({ path }) => path === headers[':path']);
  if (answer.status === undefined) {
    const isTooLong = sizeOf(headers) > maxHeaderBytes && answer.resetCode === enhanceYourCalm;
    // Who leaves, or has not said all, need not be answered.
    const isRefusedByHttp2 =
      (isOdd && answer.resetCode === protocolError) ||
      (headers['content-length'] !== undefined && answer.resetCode === internalError);
    const isAllowed = ending !== 'end' || isTooLong || isRefusedByHttp2;
    assert.ok(isAllowed, `no answer, reset with ${answer.resetCode}`);
    count(subject, 'framing: reset');
  } else if (formOf(headers) === undefined) verifyHttp(answer, subject);
  else if (ending === 'end' || answer.grpcStatus !== undefined) verifyStatus(answer, headers, bytes, subject);
}

function verifyStatus(answer: Answer, headers: Sent['headers'], bytes: Buffer, subject: Subject): void {
  const expected = expectedStatus(headers, bytes);
  const late = headers['grpc-timeout'] === undefined ? [] : [code.deadlineExceeded];
  const status = judge(answer, expected === undefined ? late : [expected]);
  count(subject, `framing: ${nameOf(status)}`);
  if (expected !== undefined) assert.equal(nameOf(status), nameOf(expected));
  // No answer to HEAD has a body.
  if (!answer.isCut && headers[':method'] !== 'HEAD') verifyForm(answer, headers);
}

/** Undefined when the message reaches its method. */
function expectedStatus(headers: Readonly<Record<string, string>>, bytes: Buffer): number | undefined {
  const isKnown = headers[':method'] === 'POST' && calls.some(({ path }) => path === headers[':path']);
  if (!isKnown || formOf(headers) !== 'served' || (headers['grpc-encoding'] ?? 'identity') !== 'identity')
    return code.unimplemented;
  if (bytes.byteLength < 5) return code.invalidArgument;
  if (bytes[0] !== 0) return code.unimplemented;
  const announced = bytes.readUInt32BE(1);
  if (announced > maxCallBytes) return code.resourceExhausted;
  return announced === bytes.byteLength - 5 ? undefined : code.invalidArgument;
}

function verifyHttp(answer: Answer, subject: Subject): void {
  count(subject, `framing: HTTP ${answer.status}`);
  assert.ok([200, 400, 403, 404].includes(answer.status ?? 0), `HTTP ${answer.status}`);
  assertNothingInternal(answer.body.toString());
}
