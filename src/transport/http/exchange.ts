// One HTTP request and its answer, as the routes see it: nothing here is particular to a version of HTTP. `http1Exchange.ts` and
// `http2Exchange.ts` make them.
import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import type { Failure } from '../../failures/catalog.js';
import type { Connection } from '../connection.js';

/** Several values of one name are several lines. */
export type HeaderFields = Readonly<Record<string, string | number | readonly string[]>>;

export interface Answer {
  readonly status: number;
  readonly headers?: HeaderFields;
  /** A stream must be as long as its `content-length` header says. */
  readonly body?: Uint8Array | Readable;
  /**
   * Of a stream: asked for when it has ended, or broken off for this reason. What it throws breaks the answer off, so that its client does
   * not take it for whole.
   */
  readonly trailers?: (broken?: unknown) => HeaderFields;
}

export interface Exchange {
  readonly protocol: 'http1' | 'http2';
  readonly method: string;
  /** Path and query as they came. */
  readonly target: string;
  /** Undefined when the request target is not a path of ours to read. */
  readonly path: string | undefined;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly connection: Connection;
  /** Why it is not served; absent when it is. */
  readonly refusal?: Failure;
  /** Not read yet. A route may leave it unread, whole or in part. */
  readonly body: Readable;
  /** False: the request ends with its head. */
  readonly hasBody: boolean;
  /** Of a body that has ended: false when its client has cut it, which Node does not always call an error. */
  isBodyWhole(): boolean;
  /** Aborted when the client goes away before its answer is complete. */
  readonly signal: AbortSignal;
  /** Bytes that have arrived from and gone to the client, at whatever layer is at hand: good for seeing progress only. */
  receivedBytes(): number;
  sentBytes(): number;
  /** Called when a body of many megabytes is allowed: the client may send more at once than a stranger may. */
  expectMuch(): void;
  /** Sends an interim answer (1xx) before the answer itself, where the protocol of this client has room for it. */
  inform(status: number, headers: HeaderFields): void;
  /** Sends the one answer; resolves when it was handed to the system. Rejects when its body breaks off or the client is gone. */
  answer(answer: Answer): Promise<void>;
}

/** Never rejects: whatever a route throws becomes an answer, or the end of a stream when one is under way already. */
export type Routes = (exchange: Exchange) => Promise<void>;

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
