// Answers without a known end, as server-sent events are: their source is asked for no more than their client takes.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { describe, it, type TestContext } from 'node:test';
import { open, session, startListener } from '../../testkit/transport/listenerRig.js';
import type { Exchange } from './exchange.js';

const chunkBytes = 1_000;

/** Events without an end; the first comes when `begin` is called. */
async function start(t: TestContext) {
  const state = { askedBytes: 0, isOver: false };
  let begin = () => {};
  const begun = new Promise<void>((resolve) => {
    begin = resolve;
  });
  const events = async function* () {
    try {
      await begun;
      for (;;) {
        state.askedBytes += chunkBytes;
        yield Buffer.alloc(chunkBytes, 'e');
      }
    } finally {
      state.isOver = true;
    }
  };
  const routes = (exchange: Exchange) =>
    exchange
      .answer({ status: 200, headers: { 'content-type': 'text/event-stream' }, body: Readable.from(events()) })
      .catch(() => undefined);
  const { to } = await startListener(t, { routes });
  /** What the source was asked for when it is asked for nothing more. */
  const settled = async () => {
    for (let before = -1; before !== state.askedBytes; ) {
      before = state.askedBytes;
      for (let turn = 0; turn < 2_000; turn++) await new Promise(setImmediate);
    }
    return state.askedBytes;
  };
  return { to, state, begin, settled };
}

describe('an answer without an end', { timeout: 300_000 }, () => {
  it('by HTTP/2 waits for its client, and ends its source when the client leaves', async (t) => {
    const { to, state, begin, settled } = await start(t);
    const client = session(to);
    t.after(() => client.destroy());
    const stream = client.request({ ':path': '/events' }).on('error', () => undefined);
    await once(stream, 'response');
    begin();
    const asked = await settled();
    // The window of a client that does not read, what its stream may hold, and what its source has ready.
    assert.ok(asked >= 65_535 && asked <= 65_535 + 64 * 1024, `${asked}`);
    stream.close();
    while (!state.isOver) await new Promise(setImmediate);
  });

  it('by HTTP/1.1 has its head at once, waits for its client, and ends its source when the client leaves', async (t) => {
    const { to, state, begin, settled } = await start(t);
    const socket = await open(to);
    socket.write('GET /events HTTP/1.1\r\nhost: h\r\n\r\n');
    const [head] = (await once(socket, 'data')) as [Buffer];
    assert.match(`${head}`, /^HTTP\/1\.1 200 OK\r\ncontent-type: text\/event-stream\r\n/);
    socket.pause();
    begin();
    const asked = await settled();
    // The system takes some megabytes for a client that does not read.
    assert.ok(asked > 0 && asked < 16 * 1024 * 1024, `${asked}`);
    socket.destroy();
    while (!state.isOver) await new Promise(setImmediate);
  });
});
