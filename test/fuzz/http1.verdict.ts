// What an HTTP/1.1 connection may say: whole answers, one after the other, with statuses that are meant.
import assert from 'node:assert/strict';
import { assertNothingInternal } from '../../src/testkit/service/serviceCalls.js';

export interface Http1Answer {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Buffer;
}

/** 504 and 500 would be ours; 408 is for uploads that break off. 417 comes from Node itself. */
const allowed: ReadonlySet<number> = new Set([100, 200, 206, 400, 403, 404, 408, 409, 413, 416, 417, 422, 431]);

/** `isWhole`: all has been heard, so nothing may be cut off. `proof`: what ranges are parts of. */
export function verifyHttp1(heard: Buffer, isWhole: boolean, proof: Buffer): Http1Answer[] {
  const answers: Http1Answer[] = [];
  for (let rest = heard; rest.byteLength > 0; ) {
    const parsed = parse(rest);
    if (parsed === undefined) {
      assert.ok(
        !isWhole,
        `this is no answer, or half of one: ${JSON.stringify(rest.subarray(0, 300).toString('latin1'))}`,
      );
      break;
    }
    answers.push(parsed.answer);
    verify(parsed.answer, proof);
    rest = parsed.rest;
  }
  return answers;
}

/** Undefined when it is not whole. An answer to HEAD announces a body that it has not: the next one follows at once, or nothing does. */
function parse(bytes: Buffer): { answer: Http1Answer; rest: Buffer } | undefined {
  const headEnd = bytes.indexOf('\r\n\r\n');
  if (headEnd < 0) return undefined;
  const [first = '', ...lines] = bytes.subarray(0, headEnd).toString('latin1').split('\r\n');
  const found = /^HTTP\/1\.1 (\d{3}) [A-Za-z -]+$/.exec(first);
  if (found === null) return undefined;
  const headers = new Map(
    lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
  );
  const status = Number(found[1]);
  const after = bytes.subarray(headEnd + 4);
  // Node's own refusals, of a request without a host for example, are one empty chunk.
  const isEmptyChunk =
    headers.get('transfer-encoding') === 'chunked' && after.subarray(0, 5).toString() === '0\r\n\r\n';
  if (isEmptyChunk) return { answer: { status, headers, body: Buffer.alloc(0) }, rest: after.subarray(5) };
  const announced = status === 100 ? 0 : Number(headers.get('content-length') ?? 0);
  const isOfHead = after.byteLength === 0 || after.subarray(0, 9).toString() === 'HTTP/1.1 ';
  const length = isOfHead ? 0 : announced;
  if (after.byteLength < length) return undefined;
  return { answer: { status, headers, body: after.subarray(0, length) }, rest: after.subarray(length) };
}

function verify({ status, headers, body }: Http1Answer, proof: Buffer): void {
  assert.ok(allowed.has(status), `HTTP ${status}: ${body.toString()}`);
  for (const [name, value] of headers) assertNothingInternal(`${name}: ${value}`);
  if (body.byteLength === 0) return;
  if (headers.get('content-type') === 'application/octet-stream') verifyProof(status, headers, body, proof);
  else verifyJson(status, body.toString());
}

function verifyJson(status: number, text: string): void {
  assertNothingInternal(text);
  const said = JSON.parse(text) as { error?: { code?: unknown } };
  if (status !== 200) assert.equal(typeof said.error?.code, 'string');
}

function verifyProof(status: number, headers: ReadonlyMap<string, string>, body: Buffer, proof: Buffer): void {
  const [, from, to] = /^bytes (\d+)-(\d+)\//.exec(headers.get('content-range') ?? '') ?? [];
  if (status === 206) assert.deepEqual(body, proof.subarray(Number(from), Number(to) + 1));
  else assert.deepEqual(body, proof);
}
