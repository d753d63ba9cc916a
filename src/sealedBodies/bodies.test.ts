// Sealed bodies as streams: whatever way they are cut into chunks they are the same, and no changed, moved or missing frame is a body.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { PassThrough, Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { fail } from '../failures/fail.js';
import { FailureError } from '../failures/failureError.js';
import { systemRandom } from '../random.js';
import { createBodyKey } from './bodyKey.js';
import { framePlaintextBytes, type OpenFrame, type SealFrame, sealedBytesOf } from './frames.js';
import { OpenedBody } from './openedBody.js';
import { sealedBody, sealedFrames } from './sealBody.js';
import { sealRequest } from './sealRequest.js';

const key = await createBodyKey(systemRandom);
const facts = { method: 'PUT', path: '/artifacts/aa?kind=stdin', contentType: undefined };

/** Both ends of a request, or of its answer. */
async function ends(of: 'request' | 'answer'): Promise<{ seal: SealFrame; open: OpenFrame }> {
  const sealed = await sealRequest(key.publicKey, facts);
  const opened = await key.openRequest(sealed.header, facts);
  if (of === 'request') return { seal: sealed.seal, open: opened.open };
  const answer = { status: 200, contentType: 'application/json' };
  return { seal: opened.sealerFor(answer), open: await sealed.openAnswer(opened.answerHeader, answer) };
}

const opening = (sealed: Uint8Array | Iterable<Uint8Array>, open: OpenFrame) =>
  buffer(new OpenedBody({ source: Readable.from(sealed instanceof Uint8Array ? [sealed] : sealed), open }));

function pieces(bytes: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const at = [0, ...cuts.map((cut) => cut % (bytes.byteLength + 1)).sort((a, b) => a - b), bytes.byteLength];
  return at.slice(1).map((end, i) => bytes.subarray(at[i], end));
}

const frameOf = (plaintextBytes: number) => plaintextBytes + 20;
const refusal = (code: string, problem?: RegExp) => (error: unknown) =>
  error instanceof FailureError &&
  error.failure.code === code &&
  (problem === undefined || (error.failure.code === 'BODY_MALFORMED' && problem.test(error.failure.problem)));

describe('a sealed body', { timeout: 120_000 }, () => {
  it('is the same however it is cut, when it is sealed and when it is opened', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('request' as const, 'answer' as const),
        fc.constantFrom('whole' as const, 'live' as const),
        fc.oneof(
          fc.integer({ min: 0, max: 300 }),
          fc.constantFrom(-1, 0, 1, framePlaintextBytes).map((more) => framePlaintextBytes + more),
        ),
        fc.array(fc.nat(), { maxLength: 8 }),
        fc.array(fc.nat(), { maxLength: 12 }),
        async (of, as, size, cutsBefore, cutsAfter) => {
          const { seal, open } = await ends(of);
          const plaintext = Buffer.alloc(size, 'some plaintext');
          const frames: Uint8Array[] = [];
          for await (const frame of sealedFrames(pieces(plaintext, cutsBefore), seal, as)) frames.push(frame);
          const sealed = Buffer.concat(frames);
          if (as === 'whole') assert.equal(sealed.byteLength, sealedBytesOf(size));
          assert.ok((await opening(pieces(sealed, cutsAfter), open)).equals(plaintext));
        },
      ),
      { numRuns: 60 },
    );
  });

  it('may be empty', async () => {
    const { seal, open } = await ends('request');
    const sealed = await sealedBody(new Uint8Array(), seal);
    assert.equal(sealed.byteLength, 20);
    assert.equal((await opening(sealed, open)).byteLength, 0);
  });

  it('T32: is refused with any one bit flipped, at any cut, and with anything behind it', async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom('request' as const, 'answer' as const), fc.nat(), fc.nat(), async (of, a, b) => {
        const seal = async () => {
          const both = await ends(of);
          const frames: Uint8Array[] = [];
          for await (const frame of sealedFrames([Buffer.alloc(40, 1), Buffer.alloc(30, 2)], both.seal, 'live'))
            frames.push(frame);
          return { sealed: Buffer.concat(frames), open: both.open };
        };
        const flipped = await seal();
        const at = a % flipped.sealed.byteLength;
        flipped.sealed[at] = (flipped.sealed[at] ?? 0) ^ (1 << (b % 8));
        await assert.rejects(opening(flipped.sealed, flipped.open), FailureError);
        const cut = await seal();
        await assert.rejects(
          opening(cut.sealed.subarray(0, b % cut.sealed.byteLength), cut.open),
          refusal('BODY_TRUNCATED'),
        );
        const longer = await seal();
        const behind = Buffer.alloc(1 + (a % 50), b);
        await assert.rejects(opening(Buffer.concat([longer.sealed, behind]), longer.open), refusal('BODY_MALFORMED'));
      }),
      { numRuns: 100 },
    );
  });

  it('T32: is refused with its frames swapped, one of them twice, the last one missing or replaced', async () => {
    for (const of of ['request', 'answer'] as const) {
      const spoilt: Record<string, readonly [(a: Buffer, b: Buffer, last: Buffer) => Buffer[], code: string]> = {
        swapped: [(a, b, last) => [b, a, last], 'BODY_MALFORMED'],
        twice: [(a, b, last) => [a, a, b, last], 'BODY_MALFORMED'],
        'without the last': [(a, b) => [a, b], 'BODY_TRUNCATED'],
        'with the last earlier': [(a, _, last) => [a, last], 'BODY_MALFORMED'],
        'with a frame after the last': [(a, b, last) => [a, b, last, a], 'BODY_MALFORMED'],
      };
      for (const [what, [spoil, code]] of Object.entries(spoilt)) {
        const { seal, open } = await ends(of);
        const frames: Buffer[] = [];
        for await (const frame of sealedFrames([Buffer.from('first'), Buffer.from('second')], seal, 'live'))
          frames.push(Buffer.from(frame));
        const [a, b, last] = frames as [Buffer, Buffer, Buffer];
        await assert.rejects(opening(spoil(a, b, last), open), refusal(code), `${of} ${what}`);
      }
    }
  });

  it('is refused where method, path, content type or key are others', async () => {
    const sealed = await sealRequest(key.publicKey, facts);
    for (const other of [
      { ...facts, method: 'POST' },
      { ...facts, path: '/artifacts/aa?kind=program' },
      { ...facts, contentType: 'text/plain' },
    ]) {
      const { open } = await key.openRequest(sealed.header, other);
      const body = await sealedBody(Buffer.from('x'), sealed.seal);
      await assert.rejects(opening(body, open), refusal('BODY_MALFORMED', /changed on its way/));
    }
    await assert.rejects((await createBodyKey(systemRandom)).openRequest(sealed.header, facts), {
      failure: fail('BODY_KEY_UNKNOWN'),
    });
  });

  it('is refused for headers that are none, and for keys that are no points', async () => {
    const { header } = await sealRequest(key.publicKey, facts);
    const [, kid] = /kid=([0-9a-f]{16})/.exec(header) ?? [];
    const wrong = [
      '',
      `${header}, ${header}`,
      header.toUpperCase(),
      header.replace('v=1', 'v=2'),
      `${header};`,
      header.slice(0, -1),
      `v=1; kid=${kid}; enc=${'0'.repeat(64)}`,
      `v=1; kid=${kid}; enc=${`01${'0'.repeat(62)}`}`,
    ];
    for (const each of wrong) await assert.rejects(key.openRequest(each, facts), refusal('BODY_MALFORMED'), each);
    for (const method of ['GET', 'HEAD'])
      await assert.rejects(key.openRequest(header, { ...facts, method }), refusal('BODY_MALFORMED', /POST/));
    const sealed = await sealRequest(key.publicKey, facts);
    for (const answer of [undefined, '', 'v=1', `v=1; nonce=${'0'.repeat(62)}`, `v=2; nonce=${'0'.repeat(64)}`])
      await assert.rejects(sealed.openAnswer(answer, { status: 502, contentType: undefined }), {
        failure: fail('RESPONSE_NOT_SEALED', { status: 502 }),
      });
  });

  it('is refused for lengths that are none, and for frames that bring nothing', async () => {
    const { seal, open } = await ends('request');
    const lengths = [0, 15, frameOf(framePlaintextBytes), 0xffff_ffff];
    for (const length of lengths) {
      const prefix = Buffer.alloc(4);
      prefix.writeUInt32BE(length);
      await assert.rejects(opening(prefix, open), refusal('BODY_MALFORMED', /bytes is none/), `${length}`);
    }
    const empty: Uint8Array[] = [];
    for (let i = 0; i < 4_000; i++) {
      const ciphertext = await seal(new Uint8Array(), false);
      empty.push(Buffer.concat([Buffer.of(0, 0, 0, ciphertext.byteLength), ciphertext]));
    }
    await assert.rejects(opening(empty, open), refusal('BODY_MALFORMED', /too small/));
  });
});

describe('an opened body', { timeout: 60_000 }, () => {
  it('reads no further than it is read', async () => {
    const { seal, open } = await ends('request');
    let taken = 0;
    const source = new Readable({
      highWaterMark: framePlaintextBytes,
      read() {
        taken += 1;
        seal(new Uint8Array(framePlaintextBytes), false).then((ciphertext) => {
          const prefix = Buffer.alloc(4);
          prefix.writeUInt32BE(ciphertext.byteLength);
          this.push(Buffer.concat([prefix, ciphertext]));
        });
      },
    });
    const body = new OpenedBody({ source, open }).on('error', () => undefined);
    await once(body, 'readable');
    for (let turn = 0; turn < 200; turn++) await new Promise(setImmediate);
    const few = taken;
    assert.ok(few < 8, `${few} frames were taken`);
    for (let i = 0; i < 40; i++) {
      while (body.read() === null) await once(body, 'readable');
    }
    for (let turn = 0; turn < 200; turn++) await new Promise(setImmediate);
    assert.ok(taken < 100, `${taken} frames were taken`);
    body.destroy();
    source.destroy();
  });

  it('gives its source back unread when it is destroyed, and fails when the source breaks off', async () => {
    const { seal, open } = await ends('request');
    const source = new PassThrough();
    const body = new OpenedBody({ source, open });
    const sealed = await sealedBody(Buffer.alloc(100_000), seal);
    source.write(sealed.subarray(0, 70_000));
    await once(body, 'readable');
    body.destroy();
    assert.equal(source.listenerCount('data'), 0);
    source.end(sealed.subarray(70_000));
    source.resume();
    await once(source, 'end');

    const broken = new PassThrough();
    const other = new OpenedBody({ source: broken, open: (await ends('request')).open });
    const failing = assert.rejects(buffer(other), /broke off/);
    broken.write(Buffer.alloc(3));
    await new Promise(setImmediate);
    broken.destroy();
    await failing;
    assert.equal(other.failure, undefined);
  });
});
