// The same bounded GET as a stream of a session of HTTP/2 that is there, so that the answer comes by the very connection that calls will use.
import type { ClientHttp2Session, IncomingHttpHeaders } from 'node:http2';
import { type Got, OutOfReach } from './getBytes.js';
import type { Get } from './seenConnection.js';

/** Rejects with OutOfReach, and with the reason of `signal`. */
export function getOverHttp2(session: ClientHttp2Session, of: Get): Promise<Got> {
  return new Promise((resolve, reject) => {
    const { url, method = 'GET', mostBytes, timeoutMs, clock, signal } = of;
    const end = (finish: () => void) => {
      cancelTimer();
      signal?.removeEventListener('abort', abort);
      finish();
    };
    const fail = (error: Error) =>
      end(() => {
        stream.destroy();
        reject(error);
      });
    const abort = () => fail(signal?.reason instanceof Error ? signal.reason : new Error('interrupted'));
    const cancelTimer = clock.wakeIn(timeoutMs, () =>
      fail(new OutOfReach(`no whole answer within ${timeoutMs / 1000} s`, 'time')),
    );
    const stream = session.request({
      accept: '*/*',
      'user-agent': 'sealed-prover',
      ...of.headers,
      ':method': method,
      ':scheme': url.protocol.replace(':', ''),
      ':authority': url.host,
      ':path': `${url.pathname}${url.search}`,
    });
    const chunks: Buffer[] = [];
    let size = 0;
    let head: Pick<Got, 'status' | 'headers' | 'rawHeaders'> | undefined;
    stream.on('response', (headers: IncomingHttpHeaders & { ':status'?: number }, _flags, rawHeaders) => {
      head = { status: headers[':status'] ?? 0, headers, rawHeaders: (rawHeaders ?? []) as readonly string[] };
    });
    stream.on('data', (chunk: Buffer) => {
      size += chunk.byteLength;
      if (size > mostBytes) fail(new OutOfReach(`its answer has more than ${mostBytes} bytes`, 'size'));
      else chunks.push(chunk);
    });
    // What others have written stays out.
    stream.on('error', () => fail(new OutOfReach('the connection failed')));
    stream.on('close', () => {
      if (head === undefined || !stream.readableEnded) fail(new OutOfReach('the connection was cut'));
      else {
        const { status, headers, rawHeaders } = head;
        end(() => resolve({ status, headers, rawHeaders, body: Buffer.concat(chunks) }));
      }
    });
    if (signal?.aborted) abort();
    else signal?.addEventListener('abort', abort, { once: true });
    stream.end();
  });
}
