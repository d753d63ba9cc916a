// A whole answer of HTTP/1.1 as bytes, for where Node has no request to answer. It is the last of its connection.
import { Buffer } from 'node:buffer';
import type { IncomingHttpHeaders } from 'node:http';
import { type Annotations, type Annotator, none } from '../annotate.js';
import type { Connection } from '../connection.js';

export interface RawAnswer {
  /** Code and reason, `400 Bad Request`. */
  readonly status: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

const bytesOf = ({ status, headers, body }: RawAnswer, added: Annotations): Buffer => {
  const all = { ...headers, ...added, 'content-length': body.byteLength, connection: 'close' };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.concat([Buffer.from(`HTTP/1.1 ${status}\r\n${lines.join('')}\r\n`), body]);
};

/**
 * Calls `done` with the answer, at once where nothing is added to it. `headers`: of the request, as far as they are known. It is a refusal
 * in any case, so additions that fail are left out.
 */
export function annotatedBytes(
  answer: RawAnswer,
  annotator: Annotator | undefined,
  request: { readonly headers: IncomingHttpHeaders; readonly connection: Connection },
  done: (bytes: Buffer) => void,
): void {
  const made = annotator?.(request.headers, request.connection) ?? none;
  if (made instanceof Promise) void made.then((outcome) => done(bytesOf(answer, outcome.ok ? outcome.value : {})));
  else done(bytesOf(answer, made.ok ? made.value : {}));
}
