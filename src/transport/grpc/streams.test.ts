// Streams of messages to clients that read slowly, never, or only for a while.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { session, startListener } from '../../testkit/transport/listenerRig.js';
import type { CallContext } from './call.js';
import { framed } from './message.js';

const messageBytes = 1_000;
const frameBytes = messageBytes + 5;
/** What a client of Node takes before it reads. */
const windowBytes = 65_535;
const boundBytes = 64 * 1024;
const widestWindow = 2 ** 31 - 1;

describe('a stream of messages', { timeout: 300_000 }, () => {
  /** `told` counts what the method was asked for. */
  async function start(t: TestContext, most = Number.POSITIVE_INFINITY) {
    const state = { told: 0, isOver: false };
    const stream = async function* () {
      try {
        while (state.told < most) {
          state.told += 1;
          yield Buffer.alloc(messageBytes, state.told);
        }
      } finally {
        state.isOver = true;
      }
    };
    const { to } = await startListener(t, { methods: [{ path: '/test.Stream/All', stream }] });
    const client = session(to);
    t.after(() => client.destroy());
    const call = (headers = {}, by = client) => {
      const request = {
        ':method': 'POST',
        ':path': '/test.Stream/All',
        'content-type': 'application/grpc',
        ...headers,
      };
      const answer = by.request(request).on('error', () => undefined);
      answer.end(framed(Buffer.from('hello')));
      return answer;
    };
    /** Until nothing more is asked for. */
    const settled = async () => {
      for (let before = -1; before !== state.told; ) {
        before = state.told;
        for (let turn = 0; turn < 50; turn++) await new Promise(setImmediate);
        await new Promise<void>((resolve, reject) => client.ping((error) => (error ? reject(error) : resolve())));
      }
    };
    return { state, call, settled, to };
  }

  it('costs a bounded buffer when its client never reads, and goes on when it does', async (t) => {
    const { state, call, settled } = await start(t, 1_000);
    const answer = call();
    await settled();
    const bufferedBytes = state.told * frameBytes - windowBytes;
    assert.ok(state.told * frameBytes >= windowBytes, `${state.told}`);
    assert.ok(bufferedBytes <= boundBytes, `${bufferedBytes}`);
    let readBytes = 0;
    let status: unknown;
    answer.on('trailers', (trailers) => {
      status = trailers['grpc-status'];
    });
    answer.on('data', (chunk: Buffer) => {
      readBytes += chunk.byteLength;
    });
    await once(answer, 'close');
    assert.deepEqual([readBytes, status, state.isOver], [1_000 * frameBytes, '0', true]);
  });

  it('costs no more when its client has opened its windows wide and does not read its connection', async (t) => {
    const { state, call, to } = await start(t);
    // Something in between, which can stop to read.
    const between = createServer((near) => {
      const far = connect(to).on('error', () => undefined);
      near.on('error', () => far.destroy()).pipe(far);
      far.on('data', (chunk) => {
        if (state.told > 200) far.pause();
        near.write(chunk);
      });
      far.on('close', () => near.destroy());
    }).listen(0, '127.0.0.1');
    t.after(() => between.close());
    await once(between, 'listening');
    const client = session({ host: '127.0.0.1', port: (between.address() as AddressInfo).port });
    t.after(() => client.destroy());
    client.settings({ initialWindowSize: widestWindow });
    await once(client, 'localSettings');
    client.setLocalWindowSize(widestWindow);
    call({}, client).resume();
    for (let before = -1; before !== state.told || state.told < 200; ) {
      before = state.told;
      for (let turn = 0; turn < 2_000; turn++) await new Promise(setImmediate);
    }
    // The system takes some megabytes of a connection whose other end does not read.
    assert.ok(state.told * frameBytes < 16 * 1024 * 1024, `${state.told}`);
  });

  it('is asked for nothing more when its client leaves while it is blocked', async (t) => {
    const { state, call, settled } = await start(t);
    const answer = call();
    await settled();
    const { told } = state;
    answer.close();
    while (!state.isOver) await new Promise(setImmediate);
    assert.ok(state.told <= told + 1);
  });

  it("ends with the call's own time limit, also where its method is silent", async (t) => {
    const silent = async function* ({ signal }: CallContext) {
      yield Buffer.from('first');
      await once(signal, 'abort');
    };
    const { to, clock } = await startListener(t, { methods: [{ path: '/test.Stream/Silent', stream: silent }] });
    const client = session(to);
    t.after(() => client.destroy());
    const answer = client.request({
      ':method': 'POST',
      ':path': '/test.Stream/Silent',
      'content-type': 'application/grpc',
      'grpc-timeout': '3S',
    });
    answer.end(framed(Buffer.from('hello')));
    const trailers = once(answer, 'trailers');
    await once(answer, 'data');
    await clock.advance(3_000);
    assert.equal((await trailers)[0]['grpc-status'], '4');
  });
});
