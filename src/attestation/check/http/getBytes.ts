// One GET with bounds: so many bytes, so long. What it cannot get is one kind of error, whatever the network has done.
import { type Agent, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { Clock } from '../../../clock.js';

export interface Got {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Names and values in turn: what came twice is there twice. */
  readonly rawHeaders: readonly string[];
  readonly body: Buffer;
}

export interface GetParameters {
  readonly url: URL;
  readonly method?: 'GET' | 'HEAD';
  readonly headers?: Readonly<Record<string, string>>;
  readonly mostBytes: number;
  readonly timeoutMs: number;
  readonly agent?: Agent;
  readonly clock: Pick<Clock, 'wakeIn'>;
  readonly signal?: AbortSignal | undefined;
}

/** Nothing came, or too much, or too slowly. The message ends a sentence. */
export class OutOfReach extends Error {
  override readonly name = 'OutOfReach';
  constructor(
    message: string,
    readonly reason: 'network' | 'size' | 'headers' | 'time' = 'network',
  ) {
    super(message);
  }
}

/** A report, and four chains of certificates in an answer of Intel's, stay far below. */
const mostHeaderBytes = 65_536;

/** Follows no redirection. Rejects with OutOfReach, and with the reason of `signal`. */
export function getBytes(of: GetParameters): Promise<Got> {
  return new Promise((resolve, reject) => {
    const send = of.url.protocol === 'https:' ? requestHttps : requestHttp;
    const end = (finish: () => void) => {
      cancelTimer();
      of.signal?.removeEventListener('abort', abort);
      finish();
    };
    const fail = (error: Error) =>
      end(() => {
        request.destroy();
        reject(error);
      });
    const abort = () => fail(of.signal?.reason instanceof Error ? of.signal.reason : new Error('interrupted'));
    const request = send(
      of.url,
      {
        method: of.method ?? 'GET',
        headers: { accept: '*/*', 'user-agent': 'sealed-prover', ...of.headers },
        agent: of.agent,
        maxHeaderSize: mostHeaderBytes,
      },
      (response) => {
        const chunks: Buffer[] = [];
        let size = 0;
        response.on('data', (chunk: Buffer) => {
          size += chunk.byteLength;
          if (size > of.mostBytes) fail(new OutOfReach(`its answer has more than ${of.mostBytes} bytes`, 'size'));
          else chunks.push(chunk);
        });
        response.on('error', (error) => fail(new OutOfReach(wordsOf(error))));
        response.on('end', () => {
          const { statusCode = 0, headers, rawHeaders } = response;
          end(() => resolve({ status: statusCode, headers, rawHeaders, body: Buffer.concat(chunks) }));
        });
      },
    );
    const seconds = of.timeoutMs / 1000;
    const cancelTimer = of.clock.wakeIn(of.timeoutMs, () =>
      fail(new OutOfReach(`no whole answer within ${seconds} s`, 'time')),
    );
    request.on('error', (error: NodeJS.ErrnoException) =>
      fail(new OutOfReach(wordsOf(error), error.code === 'HPE_HEADER_OVERFLOW' ? 'headers' : 'network')),
    );
    if (of.signal?.aborted) abort();
    else of.signal?.addEventListener('abort', abort, { once: true });
    request.end();
  });
}

const words: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'the connection was refused',
  ECONNRESET: 'the connection was cut',
  ENOTFOUND: 'its name does not resolve',
  EAI_AGAIN: 'its name does not resolve',
  EHOSTUNREACH: 'there is no way to it',
  ENETUNREACH: 'there is no network',
  ETIMEDOUT: 'nothing answered',
  HPE_HEADER_OVERFLOW: 'its headers are too long',
  EPROTO: 'it does not speak TLS',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is self-signed',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate is of an authority that is not known here',
  CERT_HAS_EXPIRED: 'its certificate has expired',
};

/** What others have written stays out: codes are of a closed list, messages are not. */
export function wordsOf({ code = '' }: NodeJS.ErrnoException): string {
  if (words[code]) return words[code];
  if (code.startsWith('HPE_')) return 'it does not speak HTTP';
  return code === '' ? 'the connection failed' : `the connection failed (${code.slice(0, 60)})`;
}
