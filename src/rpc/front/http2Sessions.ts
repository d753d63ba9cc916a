// The HTTP/2 side of the one port: sessions over connections that `front.ts` hands it, each stream to gRPC or to the HTTP routes by its
// content type. What a client may make it hold is bounded here.
import { createServer, type IncomingHttpHeaders, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import type { Socket } from 'node:net';
import type { Clock } from '../../clock.js';
import { fail } from '../../errors.js';
import type { Connection } from '../connection.js';
import { type GrpcServer, isGrpc } from '../grpc/server.js';
import { answerJson, type Exchange } from '../http/exchange.js';
import { errorBody, httpStatusOf } from '../http/failureStatus.js';
import { http2Exchange } from '../http/http2Exchange.js';

export interface Http2 {
  /** Takes over a connection that speaks HTTP/2 (or pretends to). */
  accept(socket: Socket, connection: Connection): void;
  /** Tells clients to go away; sessions end with their last stream. */
  drain(): void;
  /** Answers calls that are still open: their connections are about to be cut. */
  endCalls(): void;
  /** Begins to watch sessions; the returned function ends that. */
  watch(): () => void;
}

export interface Http2Parameters {
  readonly grpc: GrpcServer;
  /** Answers everything that is not gRPC. Never rejects. */
  readonly routes: (exchange: Exchange) => Promise<void>;
  readonly clock: Clock;
}

/** A session that has sent nothing for this long, not even an answer to a ping, is dead (ms). */
const unansweredMs = 80_000;
/** Seldom enough to cost nothing with ten thousand sessions; SDKs ping four times as often themselves (ms). */
const pingEveryMs = 60_000;
/** How often sessions and half-received calls are looked at (ms). */
const watchEveryMs = 5_000;

const options = {
  settings: {
    /** Calls of one program at once, over one shared channel. More wait in the client. */
    maxConcurrentStreams: 256,
    /** Ours have under 1 KiB, a bearer token included (bytes). */
    maxHeaderListSize: 16 * 1024,
    // Of a stream that nobody reads. Calls are read as they come and are bounded by their own size and number; an upload that is allowed
    // gets more.
    initialWindowSize: 64 * 1024,
    enablePush: false,
  },
  maxHeaderListPairs: 64,
  /** Frames that break the protocol, and streams beyond the limit, before the session is ended. */
  maxSessionInvalidFrames: 100,
  maxSessionRejectedStreams: 100,
};

/** Each may have a window of 2 MiB unread while it waits for its turn. More are told to come back. */
const uploadsAtOnce = 32;

interface Session extends Connection {
  pingedAt: number;
  /** When it was last known to live. */
  heardAt: number;
  readBytes: number;
  /** Uploads that it has open, most of them waiting. */
  uploads: number;
}

export function createHttp2({ grpc, routes, clock }: Http2Parameters): Http2 {
  const sessions = new Map<ServerHttp2Session, Session>();
  const server = createServer(options);
  /** Whose session is being made: Node does that within `emit`. */
  let arriving: Connection | undefined;

  server.on('session', (session: ServerHttp2Session) => {
    if (arriving === undefined) return session.destroy();
    const now = clock.now();
    const entry = { ...arriving, pingedAt: now, heardAt: now, readBytes: 0, uploads: 0 };
    sessions.set(session, entry);
    session.once('close', () => sessions.delete(session));
    session.on('stream', (stream, headers) => answer(stream, headers, entry));
  });
  // Broken frames end their session and concern nobody else.
  server.on('sessionError', () => undefined);

  function answer(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, session: Session): void {
    if (isGrpc(headers)) grpc.handle(stream, headers, session);
    else if (headers[':method'] === 'PUT') upload(stream, headers, session);
    else void routes(http2Exchange(stream, headers, session));
  }

  function upload(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, session: Session): void {
    const exchange = http2Exchange(stream, headers, session);
    if (session.uploads >= uploadsAtOnce) return void refuseUpload(exchange);
    session.uploads += 1;
    stream.once('close', () => {
      session.uploads -= 1;
    });
    void routes(exchange);
  }

  function look(): void {
    grpc.endSlowCalls();
    const now = clock.now();
    for (const [session, entry] of sessions) {
      // Whatever it sends shows that it lives: an answer to a ping may lie behind megabytes that are on their way.
      const readBytes = session.socket?.bytesRead ?? 0;
      if (readBytes !== entry.readBytes) entry.heardAt = now;
      entry.readBytes = readBytes;
      if (now - entry.heardAt > unansweredMs) session.destroy();
      else if (now - entry.pingedAt >= pingEveryMs) ping(session, entry);
    }
  }

  function ping(session: ServerHttp2Session, entry: Session): void {
    entry.pingedAt = clock.now();
    // Refused (false, or thrown) while a session closes, or when too many are unanswered: then it is not heard of, and ends.
    try {
      session.ping((error) => {
        if (error === null) entry.heardAt = clock.now();
      });
    } catch {
      session.destroy();
    }
  }

  return {
    accept(socket, connection) {
      arriving = connection;
      try {
        server.emit('connection', socket);
      } finally {
        arriving = undefined;
      }
    },

    drain() {
      for (const session of sessions.keys()) session.close();
    },

    endCalls: () => grpc.endCalls(),

    watch() {
      let cancel = () => {};
      const next = () => {
        cancel = clock.wakeAt(clock.now() + watchEveryMs, () => {
          look();
          next();
        });
      };
      next();
      return () => cancel();
    },
  };
}

const refuseUpload = (exchange: Exchange): Promise<void> => {
  const failure = fail('QUEUE_FULL', { limit: uploadsAtOnce });
  // A client that has gone meanwhile needs no answer.
  return answerJson(exchange, httpStatusOf(failure), errorBody(failure)).catch(() => undefined);
};
