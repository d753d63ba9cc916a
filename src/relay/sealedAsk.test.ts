// Asking with sealed bodies: a service on a real socket that opens them, or something before it that does not let it speak.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { describe, it, type TestContext } from 'node:test';
import { systemClock } from '../clock.js';
import { fail } from '../failures/fail.js';
import { FailureError } from '../failures/failureError.js';
import { systemRandom } from '../random.js';
import { createBodyKey } from '../sealedBodies/bodyKey.js';
import { createBodyReceiver } from '../sealedBodies/bodyReceiver.js';
import { startHttp1 } from '../testkit/relay/relayRig.js';
import { startSpoiler } from '../testkit/sealed/middlebox.js';
import { startListener } from '../testkit/transport/listenerRig.js';
import { framed } from '../transport/grpc/message.js';
import { connectTo } from './connectTo.js';
import { createUpstream } from './createUpstream.js';
import { createSealedAsk } from './sealedAsk.js';
import type { Ask, RelayedAnswer, RelayedRequest } from './upstream.js';

const quiet = () => ({ signal: new AbortController().signal, inform: () => {} });
const knownKey = await createBodyKey(systemRandom);
const otherKey = await createBodyKey(systemRandom);

function askOf(t: TestContext, port: number): Ask {
  const connect = connectTo(new URL(`http://127.0.0.1:${port}`));
  const upstream = createUpstream({ connect, connections: 4, sessions: 1, clock: systemClock });
  t.after(() => upstream.close());
  return upstream.ask;
}

/** A service that has `knownKey`, and says back what it is told. */
async function startEcho(t: TestContext): Promise<number> {
  const { to } = await startListener(t, {
    methods: [{ path: '/test.Echo/Say', answer: ({ raw }) => Buffer.concat([Buffer.from('heard '), raw]) }],
    routes: async (exchange) => {
      const body = await buffer(exchange.body);
      const type = exchange.headers['content-type'] ?? 'text/plain';
      const headers = { 'content-type': type, 'content-length': body.byteLength };
      return exchange.answer({ status: 200, headers, body: Readable.from([body], { objectMode: false }) });
    },
    receiver: createBodyReceiver(knownKey, true),
  });
  return (to as { port: number }).port;
}

interface Looks {
  count: number;
}

/** First `stale`, and what is found by a look. */
function sealing(ask: Ask, keys: { first: Uint8Array; found: Uint8Array }): { ask: Ask; looks: Looks } {
  const looks: Looks = { count: 0 };
  let key = keys.first;
  const sealed = createSealedAsk({
    ask,
    bodyKey: async () => key,
    async lookAgain() {
      looks.count += 1;
      key = keys.found;
      return key;
    },
  });
  return { ask: sealed, looks };
}

const putOf = (body: Uint8Array): RelayedRequest => ({
  protocol: 'http1',
  method: 'PUT',
  target: '/artifacts/x?a=1',
  authority: 'h',
  headers: { 'content-length': body.byteLength },
  body: Readable.from([body], { objectMode: false }),
});

const callOf = (message: string): RelayedRequest => ({
  protocol: 'http2',
  method: 'POST',
  target: '/test.Echo/Say',
  authority: 'h',
  headers: { 'content-type': 'application/grpc', te: 'trailers' },
  body: Readable.from([framed(Buffer.from(message))], { objectMode: false }),
});

const bodyOf = ({ body }: RelayedAnswer) => buffer(body ?? Readable.from([]));
const fresh = { first: knownKey.publicKey, found: knownKey.publicKey };
const rotated = { first: otherKey.publicKey, found: knownKey.publicKey };

describe('asking with sealed bodies', { timeout: 300_000 }, () => {
  it('sends and gets what was said: uploads of many frames, calls with their trailers, nothing at all', async (t) => {
    const { ask, looks } = sealing(askOf(t, await startEcho(t)), fresh);
    const large = randomBytes(700_000);
    for (const bytes of [large, large.subarray(0, 65_536), Buffer.alloc(0)]) {
      const answer = await ask(putOf(bytes), quiet());
      assert.ok((await bodyOf(answer)).equals(bytes));
      assert.equal(answer.headers['sealed-body'], undefined);
    }
    const called = await ask(callOf('you'), quiet());
    assert.equal(String((await bodyOf(called)).subarray(5)), 'heard you');
    assert.equal(called.trailers()['grpc-status'], '0');
    const without = await ask({ ...putOf(Buffer.alloc(0)), method: 'POST', headers: {}, body: undefined }, quiet());
    assert.deepEqual([without.status, (await bodyOf(without)).byteLength], [200, 0]);
    const read = await ask({ ...putOf(Buffer.alloc(0)), method: 'GET', headers: {}, body: undefined }, quiet());
    assert.equal(read.status, 200);
    assert.equal(looks.count, 0);
  });

  it('T33: a key that was replaced costs one look and one more try, for calls and short bodies', async (t) => {
    const { ask, looks } = sealing(askOf(t, await startEcho(t)), rotated);
    const called = await ask(callOf('you'), quiet());
    assert.equal(String((await bodyOf(called)).subarray(5)), 'heard you');
    assert.equal(looks.count, 1);
    const again = sealing(askOf(t, await startEcho(t)), rotated);
    assert.equal(String(await bodyOf(await again.ask(putOf(Buffer.from('short')), quiet()))), 'short');
    assert.equal(again.looks.count, 1);
    assert.equal(String(await bodyOf(await again.ask(putOf(Buffer.from('next')), quiet()))), 'next');
    assert.equal(again.looks.count, 1);
  });

  it('T33: a large body is given back to be sent again, and is sealed to the new key then', async (t) => {
    const { ask, looks } = sealing(askOf(t, await startEcho(t)), rotated);
    const large = randomBytes(200_000);
    await assert.rejects(ask(putOf(large), quiet()), { failure: fail('ABORTED') });
    assert.ok((await bodyOf(await ask(putOf(large), quiet()))).equals(large));
    assert.equal(looks.count, 1);
  });

  it('T33: a key that stays unknown ends after one look, and a look that finds the same key asks no more', async (t) => {
    const echo = await startEcho(t);
    const between = await startSpoiler(t, echo);
    const port = Number(new URL(between.url).port);
    const never = { first: otherKey.publicKey, found: (await createBodyKey(systemRandom)).publicKey };
    const unknown = sealing(askOf(t, port), never);
    await assert.rejects(unknown.ask(putOf(Buffer.from('x')), quiet()), { failure: fail('BODY_KEY_UNKNOWN') });
    assert.deepEqual([unknown.looks.count, between.asked.length], [1, 2]);
    const same = sealing(askOf(t, port), { first: otherKey.publicKey, found: otherKey.publicKey });
    await assert.rejects(same.ask(putOf(Buffer.from('x')), quiet()), { failure: fail('BODY_KEY_UNKNOWN') });
    assert.deepEqual([same.looks.count, between.asked.length], [1, 3]);
  });

  it('T33: the same wrapped into 502 or HTML: one look, then refused, and no other try', async (t) => {
    const wrapped: ReadonlyArray<readonly [status: number, type: string]> = [
      [502, 'text/plain'],
      [200, 'text/html; charset=utf-8'],
    ];
    for (const [status, type] of wrapped) {
      let asked = 0;
      const port = await startHttp1(t, (_, response) => {
        asked += 1;
        response.writeHead(status, { 'content-type': type }).end('<h1>Bad gateway</h1>');
      });
      const replaced = sealing(askOf(t, port), rotated);
      await assert.rejects(replaced.ask(putOf(Buffer.from('x')), quiet()), { failure: fail('BODY_KEY_UNKNOWN') });
      assert.deepEqual([replaced.looks.count, asked], [1, 1]);
      const same = sealing(askOf(t, port), fresh);
      await assert.rejects(same.ask(putOf(Buffer.from('x')), quiet()), {
        failure: fail('RESPONSE_NOT_SEALED', { status }),
      });
      assert.deepEqual([same.looks.count, asked], [1, 2]);
    }
  });

  it('T32: answers in clear, cut or changed are none', async (t) => {
    const between = await startSpoiler(t, await startEcho(t));
    const { ask, looks } = sealing(askOf(t, Number(new URL(between.url).port)), fresh);
    const failureOf = async (body: Uint8Array) => {
      try {
        return String(await bodyOf(await ask(putOf(body), quiet())));
      } catch (error) {
        return error instanceof FailureError ? error.failure.code : error;
      }
    };
    const frame = 65_536 + 20;
    const long = randomBytes(150_000);
    between.spoil = ({ headers: { 'sealed-body': _, ...headers }, ...answer }) => ({ ...answer, headers });
    assert.equal(await failureOf(long), 'RESPONSE_NOT_SEALED');
    between.spoil = () => ({ status: 404, headers: {}, body: Buffer.from('no') });
    assert.equal(await failureOf(long), 'RESPONSE_NOT_SEALED');
    between.spoil = ({ body, ...answer }) => ({ ...answer, body: body.subarray(0, 2 * frame) });
    assert.equal(await failureOf(long), 'BODY_TRUNCATED');
    between.spoil = ({ body, ...answer }) => ({ ...answer, body: Buffer.concat([body, Buffer.of(1)]) });
    assert.equal(await failureOf(long), 'BODY_MALFORMED');
    between.spoil = (answer) => ({ ...answer, status: 201 });
    assert.equal(await failureOf(long), 'BODY_MALFORMED');
    between.spoil = (answer) => ({ ...answer, status: 204, body: Buffer.alloc(0) });
    assert.equal(await failureOf(long), 'BODY_TRUNCATED');
    assert.equal(looks.count, 0);
  });
});
