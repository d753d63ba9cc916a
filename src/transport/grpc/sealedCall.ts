// A call whose DATA is sealed: what it says in plaintext, and an answer that is sealed as it is written. Status and trailers stay visible.
import type { OutgoingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import { Writable } from 'node:stream';
import type { Failure } from '../../failures/catalog.js';
import type { OpenedRequest } from '../../sealedBodies/bodyKey.js';
import { framePlaintextBytes, type SealFrame, sealedFrame } from '../../sealedBodies/frames.js';
import { sealedBodyHeader } from '../../sealedBodies/headers.js';
import type { Annotations } from '../annotate.js';
import { problemOf } from '../http/problem.js';
import { leaveUnread } from '../leaveUnread.js';

/** What an answer is written to. */
export interface AnswerStream {
  readonly destroyed: boolean;
  readonly closed: boolean;
  readonly headersSent: boolean;
  respond(headers: OutgoingHttpHeaders, options?: object): void;
  write(bytes: Uint8Array): boolean;
  end(bytes?: Uint8Array): unknown;
  once(event: 'drain' | 'wantTrailers', listener: () => void): unknown;
  sendTrailers(trailers: OutgoingHttpHeaders): void;
}

export class SealedAnswer extends Writable implements AnswerStream {
  readonly #stream: ServerHttp2Stream;
  readonly #opened: OpenedRequest;
  #seal: SealFrame | undefined;
  #last = new Uint8Array();

  constructor(stream: ServerHttp2Stream, opened: OpenedRequest) {
    super({ highWaterMark: framePlaintextBytes });
    this.#stream = stream;
    this.#opened = opened;
    // What waits for the stream sees it end.
    this.on('error', () => undefined);
    stream.once('wantTrailers', () => this.emit('wantTrailers'));
    stream.once('close', () => this.destroy());
  }

  get headersSent(): boolean {
    return this.#stream.headersSent;
  }

  respond(headers: OutgoingHttpHeaders, options?: object): void {
    const contentType = headers['content-type'];
    this.#seal = this.#opened.sealerFor({
      status: Number(headers[':status']),
      contentType: contentType === undefined ? undefined : `${contentType}`,
    });
    this.#stream.respond({ ...headers, [sealedBodyHeader]: this.#opened.answerHeader }, options);
  }

  sendTrailers(trailers: OutgoingHttpHeaders): void {
    this.#stream.sendTrailers(trailers);
    leaveUnread(this.#stream);
  }

  /** These bytes are sealed as the last. */
  // biome-ignore lint/suspicious/noExplicitAny: the overloads of Node.
  override end(bytes?: any): this {
    if (bytes instanceof Uint8Array) this.#last = new Uint8Array(bytes);
    return super.end();
  }

  override _write(chunk: Uint8Array, _: string, done: (error?: Error | null) => void): void {
    this.#send(chunk, false).then(() => done(), done);
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#send(this.#last, true).then(() => {
      this.#stream.end();
      done();
    }, done);
  }

  async #send(bytes: Uint8Array, isEnd: boolean): Promise<void> {
    let rest = bytes;
    do {
      const part = rest.subarray(0, framePlaintextBytes);
      rest = rest.subarray(framePlaintextBytes);
      const frame = Buffer.concat(await sealedFrame(this.#seal as SealFrame, part, isEnd && rest.byteLength === 0));
      if (this.#stream.destroyed || this.#stream.closed) return;
      if (!this.#stream.write(frame))
        await new Promise((resolve) => this.#stream.once('drain', resolve).once('close', resolve));
    } while (rest.byteLength > 0);
  }
}

/** As HTTP says it: a client that seals looks at the code before it reads anything of gRPC. */
export function answerKeyUnknown(stream: ServerHttp2Stream, failure: Failure, added: Annotations | undefined): void {
  if (stream.destroyed || stream.closed) return;
  const { status, headers, body } = problemOf(failure);
  stream.respond({ ':status': status, ...headers, ...added });
  stream.end(body);
  leaveUnread(stream);
}
