// One HTTP/2 request in bytes, over Node's own client: gRPC calls as no gRPC library would make them.
import { once } from 'node:events';
import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from 'node:http2';
import { holdingClock } from '../../src/clock.js';

export interface Sent {
  readonly headers: Readonly<Record<string, string>>;
  /** One DATA frame each, as far as the windows allow. */
  readonly pieces: readonly Uint8Array[];
  /** `cancel`: reset after the pieces. `leave`: nothing more is sent, and the stream stays as long as its connection. */
  readonly ending: 'end' | 'cancel' | 'leave';
}

export interface Answer {
  /** HTTP status; undefined when the stream ended without a head. */
  readonly status: number | undefined;
  readonly contentType: string;
  /** Of the trailers, or of a head that is all there is. */
  readonly grpcStatus: number | undefined;
  readonly grpcMessage: string;
  readonly body: Buffer;
  /** Of the RST_STREAM that ended it, 0 for none. */
  readonly resetCode: number;
  /** It would have gone on: a stream of answers, of which the first was enough. */
  readonly isCut: boolean;
}

/** Whatever is asked here is answered in milliseconds; on a busy machine within this (ms). */
const answerWithinMs = 20_000;

export interface Http2Caller {
  /** Rejects when there is no answer in time, or the connection is refused. */
  call(sent: Sent): Promise<Answer>;
  close(): void;
}

/** What Node's client does not send: its own check came first. */
export const isRefusedByClient = (error: unknown): boolean =>
  /^ERR_(HTTP2_|INVALID_|HTTP_INVALID)/.test((error as NodeJS.ErrnoException).code ?? '');

/** Node's client never forgets what it could not send of a call that was answered early, and refuses itself more calls at 10 MB of it. */
const callsPerSession = 50;
const sessionMemoryMegabytes = 1_000;

/** Keeps one connection for a while, and makes another when it has ended. */
export function createHttp2Caller(url: string): Http2Caller {
  let session: ClientHttp2Session | undefined;
  let calls = 0;

  async function connected(): Promise<ClientHttp2Session> {
    if (session !== undefined && !session.closed && !session.destroyed && ++calls < callsPerSession) return session;
    session?.destroy();
    session = connect(url, { maxSessionMemory: sessionMemoryMegabytes });
    calls = 0;
    session.on('error', () => undefined);
    await once(session, 'connect');
    return session;
  }

  return {
    async call(sent) {
      const used = await connected();
      const answer = await answerOf(used.request(sent.headers, { endStream: false }), sent);
      await consequencesOf(used);
      return answer;
    },
    close: () => session?.destroy(),
  };
}

/** A call may end its connection too, a moment later. The next one must not be cut by that: whether it was carried out, no one could tell. */
const consequencesOf = (session: ClientHttp2Session): Promise<void> =>
  new Promise((resolve) => {
    if (session.destroyed || session.closed) return resolve();
    session.once('close', resolve);
    session.ping(() => {
      session.off('close', resolve);
      resolve();
    });
  });

function answerOf(stream: ClientHttp2Stream, { pieces, ending, headers }: Sent): Promise<Answer> {
  return new Promise((resolve, reject) => {
    let head: Record<string, unknown> = {};
    let trailers: Record<string, unknown> = {};
    const chunks: Buffer[] = [];
    let isCut = false;
    const cancel = holdingClock.wakeIn(answerWithinMs, () => {
      stream.destroy();
      reject(new Error(`no answer to ${headers[':path']} in time`));
    });
    stream.on('error', () => undefined);
    stream.on('response', (found) => {
      head = found;
    });
    stream.on('trailers', (found) => {
      trailers = found;
    });
    stream.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      // A refusal may have a body too, in gRPC-Web.
      isCut = head['grpc-status'] === undefined && (headers[':path']?.endsWith('/Watch') ?? false);
      if (isCut) stream.close(constants.NGHTTP2_CANCEL);
    });
    const settle = () => {
      cancel();
      const text = trailers['grpc-status'] ?? head['grpc-status'];
      resolve({
        status: head[':status'] as number | undefined,
        contentType: String(head['content-type'] ?? ''),
        grpcStatus: text === undefined ? undefined : Number(text),
        grpcMessage: decodeURIComponent(String(trailers['grpc-message'] ?? head['grpc-message'] ?? '')),
        body: Buffer.concat(chunks),
        resetCode: stream.rstCode ?? 0,
        isCut,
      });
    };
    stream.once('close', settle);
    for (const piece of pieces) stream.write(piece);
    if (ending === 'end') stream.end();
    else if (ending === 'cancel') stream.close(constants.NGHTTP2_CANCEL);
    // Whatever was sent before it has arrived when this comes back.
    else stream.session?.ping(settle);
  });
}
