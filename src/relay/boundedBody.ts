// A request body that is counted on its way, and that breaks off where its client has cut it.
import { type Readable, Transform } from 'node:stream';
import { fail } from '../failures/fail.js';
import { FailureError } from '../failures/failureError.js';
import type { Exchange } from '../transport/http/exchange.js';

/** From here on a body is one of the large ones, whose client may send more at once (bytes). */
const muchBytes = 48 * 1024;

/** Undefined without a body. Throws BODY_TOO_LARGE, or ends the stream with it. What its client has cut breaks off here too. */
export function boundedBody(exchange: Exchange, limitBytes: number): Readable | undefined {
  const { body, hasBody, headers } = exchange;
  if (!hasBody) return undefined;
  const tooLarge = () => new FailureError(fail('BODY_TOO_LARGE', { limitBytes }));
  if (Number(headers['content-length'] ?? 0) > limitBytes) throw tooLarge();
  // What has come whole needs no more than a look: most calls are of a kilobyte.
  if (exchange.isBodyWhole() && body.readableLength <= limitBytes) return body;
  let bytes = 0;
  const bounded = new Transform({
    transform(chunk: Buffer, _, done) {
      const before = bytes;
      bytes += chunk.byteLength;
      if (before <= muchBytes && bytes > muchBytes) exchange.expectMuch();
      if (bytes > limitBytes) done(tooLarge());
      else done(null, chunk);
    },
    flush: (done) => done(exchange.isBodyWhole() ? null : cut()),
  });
  // It may end before anybody reads it. Its reader sees it all the same.
  bounded.on('error', () => undefined);
  body.once('error', (error) => bounded.destroy(error));
  body.once('close', () => {
    if (!body.readableEnded) bounded.destroy(cut());
  });
  return body.pipe(bounded);
}

const cut = () => new Error('the body was cut');
