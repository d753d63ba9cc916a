// HTTP/1.1, and what only looks like it: methods, targets, headers, transfer codings, ranges, several requests at once, and TLS.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type ByteEdit, byteEdit, editBytes } from './byteEdits.js';
import { verifyHttp1 } from './http1.verdict.js';
import { converse, type Ending } from './rawConnection.js';
import { placeOf, type Subject } from './subject.js';
import { count, type Target } from './target.js';

interface Request {
  readonly method: string;
  /** `PROOF` and `REQUEST` stand for paths of the service under fuzz. */
  readonly target: string;
  readonly version: string;
  readonly headers: ReadonlyArray<readonly [string, string]>;
  /** In hex; after the headers, whatever they say. */
  readonly body: string;
}

export interface Http1Input {
  readonly requests: readonly Request[];
  readonly newline: string;
  /** Of all of it. */
  readonly edits: readonly ByteEdit[];
  /** Before all of it, in hex: TLS records, for example. */
  readonly before: string;
  readonly pieceBytes: number;
  readonly ending: Ending;
}

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const mostly = <T>(usual: fc.Arbitrary<T>, other: fc.Arbitrary<T>, weight = 4) =>
  fc.oneof({ weight, arbitrary: usual }, { weight: 1, arbitrary: other });
const token = fc.string({ unit: 'binary-ascii', maxLength: 15 });

const method = mostly(
  fc.constantFrom('GET', 'GET', 'HEAD', 'PUT'),
  fc.oneof(fc.constantFrom('POST', 'DELETE', 'OPTIONS', 'CONNECT', 'TRACE', 'PATCH', 'PRI', 'get', ''), token),
);
const noArtifact = `/artifacts/${'0'.repeat(64)}`;
const target = mostly(
  fc.constantFrom(
    '/health',
    'PROOF',
    'REQUEST',
    '/nothing',
    noArtifact,
    `${noArtifact}?kind=stdin&mac=${'0'.repeat(64)}`,
  ),
  fc.oneof(
    fc.constantFrom(
      '*',
      '',
      '/',
      '//',
      '//health',
      'http://elsewhere/health',
      'health:80',
      '/health?x',
      '/health#x',
      '/%',
      '/%00',
    ),
    fc.constantFrom(
      '/artifacts/../health',
      '/requests/x',
      `/requests/${'F'.repeat(64)}`,
      `/${'x'.repeat(3_000)}`,
      '/\\',
      '/http://[::1',
    ),
    fc.string({ unit: 'binary', maxLength: 30 }),
  ),
);
const version = mostly(
  fc.constantFrom('HTTP/1.1', 'HTTP/1.1', 'HTTP/1.0'),
  fc.constantFrom('HTTP/2.0', 'HTTP/0.9', 'HTTP/1.10', 'http/1.1', 'ICY', ''),
  8,
);
const byteRange = fc
  .tuple(fc.oneof(fc.constant(''), fc.nat(2_000)), fc.oneof(fc.constant(''), fc.nat(2_000)))
  .map(([from, to]) => `bytes=${from}-${to}`);
const named = {
  range: mostly(
    byteRange,
    fc.constantFrom('bytes=-0', 'bytes=0-1,3-4', 'bytes=99999999999999999999-', 'lines=1-2', 'bytes='),
  ),
  'if-range': fc.constantFrom('"x"', 'W/"x"', ''),
  'content-length': fc.oneof(
    fc.nat(20).map(String),
    fc.constantFrom('-1', '+5', '0x5', '5, 5', '', '99999999999999999999'),
  ),
  'transfer-encoding': fc.constantFrom(
    'chunked',
    'gzip, chunked',
    'chunked, chunked',
    'identity',
    'Chunked ',
    'xchunked',
  ),
  connection: fc.constantFrom('close', 'keep-alive', 'upgrade', 'close, x', 'transfer-encoding'),
  upgrade: fc.constantFrom('h2c', 'websocket', 'TLS/1.3'),
  expect: fc.constantFrom('100-continue', '200-ok'),
  'http2-settings': fc.constant('AAMAAABkAARAAAAAAAIAAAAA'),
  te: fc.constantFrom('trailers', 'chunked'),
  trailer: fc.constant('x'),
  'keep-alive': fc.constant('timeout=0, max=0'),
  authorization: fc.constantFrom('Bearer x', ''),
  cookie: token,
  host: token,
} satisfies Record<string, fc.Arbitrary<string>>;
const header: fc.Arbitrary<readonly [string, string]> = mostly(
  fc.oneof(...Object.entries(named).map(([name, value]) => fc.tuple(fc.constant(name), value))),
  fc.oneof(
    fc.tuple(token, token),
    fc.tuple(
      fc.constant('x-long'),
      fc.integer({ min: 100, max: 9_000 }).map((length) => 'y'.repeat(length)),
    ),
  ),
);
const body = fc.oneof(
  { weight: 4, arbitrary: fc.constant('') },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 30 }).map(hex) },
  {
    weight: 2,
    arbitrary: fc
      .constantFrom(
        '5\r\nhello\r\n0\r\n\r\n',
        '5;x=y\r\nhello\r\n0\r\nx: y\r\n\r\n',
        '-1\r\n',
        'ffffffffffffffff\r\n',
        '5\r\nhel',
        '0\r\n\r\n',
      )
      .map((text) => hex(Buffer.from(text))),
  },
);
const headers = fc
  .tuple(
    mostly<Request['headers']>(fc.constant([['host', 'h']]), fc.constant([]), 12),
    fc.array(header, { maxLength: 3 }),
  )
  .map((parts) => parts.flat());
const goodHeaders = fc.oneof(
  { weight: 3, arbitrary: fc.constant<Request['headers']>([['host', 'h']]) },
  { weight: 2, arbitrary: fc.tuple(fc.constant(['host', 'h'] as const), header) },
  {
    weight: 2,
    arbitrary: named.range.map((range): Request['headers'] => [
      ['host', 'h'],
      ['range', range],
    ]),
  },
);
const nearlyGood = fc.record({
  method: fc.constantFrom('GET', 'GET', 'HEAD', 'PUT'),
  target: mostly(fc.constantFrom('PROOF', 'REQUEST', '/health'), target, 2),
  version: fc.constant('HTTP/1.1'),
  headers: goodHeaders,
  body: fc.constant(''),
});
const request = mostly<Request>(nearlyGood, fc.record({ method, target, version, headers, body }), 3);
/** How a TLS client begins: a handshake record. */
const tlsRecord = fc
  .tuple(fc.nat(4), fc.uint8Array({ maxLength: 200 }))
  .map(([minor, bytes]) => hex(Buffer.from([22, 3, minor, bytes.byteLength >> 8, bytes.byteLength & 255, ...bytes])));

export const http1Target: Target<Http1Input> = {
  name: 'http1',
  inputs: fc.record({
    requests: fc.array(request, { minLength: 1, maxLength: 5 }),
    newline: mostly(fc.constant('\r\n'), fc.constantFrom('\n', '\r', '\r\r\n'), 12),
    edits: mostly<readonly ByteEdit[]>(fc.constant([]), fc.array(byteEdit, { maxLength: 3 }), 3),
    before: mostly(fc.constant(''), fc.oneof(tlsRecord, fc.uint8Array({ maxLength: 40 }).map(hex)), 8),
    pieceBytes: mostly(fc.constant(2 ** 20), fc.integer({ min: 1, max: 50 })),
    ending: mostly<Ending>(fc.constant('fin'), fc.constantFrom('reset', 'stay')),
  }),
  async check({ requests, newline, edits, before, pieceBytes, ending }, subject) {
    const text = requests.map((each) => textOf(each, newline, subject));
    const bytes = editBytes(Buffer.concat([Buffer.from(before, 'hex'), ...text]), edits);
    const size = Math.max(pieceBytes, Math.ceil(bytes.byteLength / 50));
    const pieces = Array.from({ length: Math.ceil(bytes.byteLength / size) }, (_, i) =>
      bytes.subarray(i * size, (i + 1) * size),
    );
    const heard = await converse(subject.rig.port, { pieces, ending, pause: subject.pause });
    const isWhole = ending === 'fin';
    const answers = verifyHttp1(heard, isWhole, subject.fulfilled.proof);
    // More answers than requests would be answers to somebody else's.
    if (edits.length === 0 && before === '' && newline === '\r\n')
      assert.ok(answers.length <= mostAnswers(requests), `${answers.length} answers`);
    for (const { status } of answers) count(subject, `http1: ${status}`);
    if (isWhole && answers.length === 0) count(subject, 'http1: closed');
  },
};

function textOf({ method, target, version, headers, body }: Request, newline: string, subject: Subject): Buffer {
  const lines = [
    `${method} ${placeOf(target, subject)} ${version}`,
    ...headers.map(([name, value]) => `${name}: ${value}`),
    '',
    '',
  ];
  return Buffer.concat([Buffer.from(lines.join(newline)), Buffer.from(body, 'hex')]);
}

/** Each may be asked to continue first, and what follows a body may be read as one bad request more. */
const mostAnswers = (requests: readonly Request[]) => 2 * requests.length + 1;
