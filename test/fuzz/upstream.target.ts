// What the server behind a relay answers: bytes that mean something, spoiled. A relay of this process stands between them and a client that
// sees an answer, a refusal, or one that breaks off, and never a shorter one.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { NetConnectOpts } from 'node:net';
import fc from 'fast-check';
import { endHeaders, frame, frameType, headerBlock, startRawHttp2 } from '../../src/testkit/relay/rawHttp2.js';
import { startRaw, startRelay } from '../../src/testkit/relay/relayRig.js';
import { called, type Heard, heard, open } from '../../src/testkit/transport/listenerRig.js';
import { type ByteEdit, byteEdit, editBytes } from './byteEdits.js';
import { Closing } from './closing.js';
import { count, type Target } from './target.js';

type Form = 'length' | 'chunks' | 'stream' | 'call';

interface UpstreamInput {
  readonly form: Form;
  readonly edits: readonly ByteEdit[];
}

const endStream = 1;
const forged = { 'attestation-report': 'x', 'x-flashbots-y': 'x', kept: '1' };
const lines = Object.entries(forged)
  .map(([name, value]) => `${name}: ${value}\r\n`)
  .join('');
const body = 'what the prover has to say';
const head = (more: object) => frame(frameType.headers, endHeaders, 1, headerBlock({ ...forged, ...more }));
const data = (flags: number) => frame(frameType.data, flags, 1, Buffer.from(body));
const trailers = headerBlock({ ...forged, 'grpc-status': '0' }, false);
const whole: Readonly<Record<Form, Buffer>> = {
  length: Buffer.from(`HTTP/1.1 200 OK\r\n${lines}content-length: ${body.length}\r\n\r\n${body}`),
  chunks: Buffer.from(
    `HTTP/1.1 200 OK\r\n${lines}transfer-encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n${body}\r\n0\r\n${lines}\r\n`,
  ),
  stream: Buffer.concat([head({}), data(0), data(endStream)]),
  call: Buffer.concat([
    head({ 'content-type': 'application/grpc' }),
    data(0),
    frame(frameType.headers, endHeaders | endStream, 1, trailers),
  ]),
};

export const upstreamTarget: Target<UpstreamInput> = {
  name: 'upstream',
  inputs: fc.record({
    form: fc.constantFrom<Form>('length', 'chunks', 'stream', 'call'),
    edits: fc.array(byteEdit, { maxLength: 3 }),
  }),
  async check({ form, edits }, subject) {
    const bytes = editBytes(whole[form], edits);
    const closing = new Closing();
    try {
      const isHttp2 = form === 'stream' || form === 'call';
      const port = isHttp2
        ? await startRawHttp2(closing, (socket) => void socket.end(bytes))
        : await startRaw(closing, (socket) => void socket.end(bytes));
      const { to } = await startRelay(closing, port);
      const outcome = isHttp2 ? await askByHttp2(to, form) : await askByHttp1(to);
      const isCut =
        bytes.byteLength < whole[form].byteLength && whole[form].subarray(0, bytes.byteLength).equals(bytes);
      if (isCut)
        assert.notEqual(outcome, 'answered', `${bytes.byteLength} bytes of ${whole[form].byteLength} look whole`);
      if (edits.length === 0) assert.equal(outcome, 'answered');
      count(subject, `upstream: ${outcome}`);
    } finally {
      await closing.close();
    }
  },
};

type Outcome = 'answered' | 'refused' | 'broken off';

async function askByHttp1(to: NetConnectOpts): Promise<Outcome> {
  const client = await open(to);
  let answer = '';
  client.setEncoding('latin1').on('data', (text: string) => {
    answer += text;
  });
  client.write('GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n');
  await once(client, 'close');
  // A head goes out with the first of its body, so that one which breaks between them leaves nothing.
  if (answer === '') return 'broken off';
  const [first = '', rest = ''] = splitOnce(answer, '\r\n\r\n');
  assert.match(first, /^HTTP\/1\.1 \d{3} /);
  assert.doesNotMatch(first, /^(attestation|x-flashbots)-/im);
  if (/^HTTP\/1\.1 504 /.test(first) && /"code":"/.test(rest)) return refusal(rest);
  const length = /^content-length: (\d+)/im.exec(first)?.[1];
  const isWhole = length === undefined ? /(^|\r\n)0\r\n(.+\r\n)*\r\n$/.test(rest) : rest.length === Number(length);
  return isWhole || !rest ? 'answered' : 'broken off';
}

function splitOnce(text: string, at: string): readonly [string, string] {
  const place = text.indexOf(at);
  return place < 0 ? [text, ''] : [text.slice(0, place), text.slice(place + at.length)];
}

async function askByHttp2(to: NetConnectOpts, form: Form): Promise<Outcome> {
  let answer: Heard;
  try {
    answer = form === 'call' ? await called(to, '/a.B/C') : await heard(to, { ':path': '/' });
  } catch {
    return 'broken off';
  }
  const { head: first, trailers: last, body: rest } = answer;
  for (const name of [...Object.keys(first), ...Object.keys(last)])
    assert.doesNotMatch(name, /^(attestation|x-flashbots)-/);
  if (form === 'stream') return `${first[':status']}` === '504' ? refusal(rest.toString()) : 'answered';
  const status = last['grpc-status'] ?? first['grpc-status'];
  assert.notEqual(status, undefined, 'a call without a status');
  assert.notEqual(status, '13');
  return status === '0' ? 'answered' : 'refused';
}

function refusal(text: string): Outcome {
  assert.doesNotMatch(text, /INTERNAL/);
  return 'refused';
}
