// One HTTP request and its answer, as the routes see it: nothing here is particular to a version of HTTP. `http1Exchange.ts` and
// `http2Exchange.ts` make them.
import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import type { Failure } from '../../errors.js';

export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string | number>>;
  /** A stream must be as long as its `content-length` header says. */
  readonly body?: Uint8Array | Readable;
}

export interface Exchange {
  readonly method: string;
  /** Undefined when the request target is not a path of ours to read. */
  readonly path: string | undefined;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  /** It came by TLS. */
  readonly isEncrypted: boolean;
  /** Why nothing is served on its connection; absent when it is. */
  readonly refusal?: Failure;
  /** Fingerprint of the client certificate, as `Peer` has it. */
  readonly certificate: string | undefined;
  /** Not read yet. A route may leave it unread, whole or in part. */
  readonly body: Readable;
  /** Aborted when the client goes away before its answer is complete. */
  readonly signal: AbortSignal;
  /** Bytes that have arrived from and gone to the client, at whatever layer is at hand: good for seeing progress only. */
  receivedBytes(): number;
  sentBytes(): number;
  /** A body of many megabytes is welcome: lets the client send more at once than a stranger may. */
  expectMuch(): void;
  /** Sends the one answer; resolves when it was handed to the system. Rejects when its body breaks off or the client is gone. */
  answer(answer: Answer): Promise<void>;
}

export const answerJson = (exchange: Exchange, status: number, value: unknown): Promise<void> => {
  const body = Buffer.from(`${JSON.stringify(value)}\n`);
  const headers = {
    'content-type': 'application/json',
    'content-length': body.byteLength,
    'cache-control': 'no-store',
  };
  return exchange.answer({ status, headers, body });
};

/** Longer ones are refused: ours have 300 characters. */
const maxTargetLength = 2048;

/** Path and query of a request target; undefined for other forms, and for what is no URL. */
export function parseTarget(target: string): URL | undefined {
  return target.startsWith('/') && target.length <= maxTargetLength && URL.canParse(`http://host${target}`)
    ? new URL(`http://host${target}`)
    : undefined;
}
