// Calls to a network that says what it likes.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { holdingClock } from '../clock.js';
import { endHeaders, frame, frameType, headerBlock, startRawHttp2 } from '../testkit/relay/rawHttp2.js';
import { createUpstream } from './upstream.js';

it('T50: a text that no gRPC may send reaches neither the answer as it is nor the log', async (t) => {
  const printed = t.mock.method(console, 'error', () => undefined);
  const endStream = 1;
  const trailers = headerBlock({ 'grpc-status': '7', 'grpc-message': 'no\u00e9 way' }, false);
  const port = await startRawHttp2(t, (socket, stream) => {
    socket.write(frame(frameType.headers, endHeaders, stream, headerBlock({ 'content-type': 'application/grpc' })));
    socket.write(frame(frameType.headers, endHeaders | endStream, stream, trailers));
  });
  const upstream = createUpstream({ url: new URL(`http://127.0.0.1:${port}`), clock: holdingClock });
  t.after(() => upstream.close());
  const answer = await upstream.forward('/network.ProverNetwork/GetNonce', new Uint8Array());
  assert.ok(!answer.ok);
  assert.match(answer.text, /^[\x20-\x7e]*$/);
  assert.equal(printed.mock.callCount(), 0);
});
