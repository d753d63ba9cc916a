// The HTTP/2 side of the one port: sessions over connections that `front.ts` hands it, each stream to gRPC or to the HTTP routes by its
// content type. What a client may make it hold is bounded here.
import { createServer, type IncomingHttpHeaders, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import type { Socket } from 'node:net';
import type { Clock } from '../../clock.js';
import { fail } from '../../failures/fail.js';
import { httpStatusOf } from '../../failures/httpStatus.js';
import type { BodyReceiver } from '../../sealedBodies/bodyReceiver.js';
import type { Annotator } from '../annotate.js';
import type { Connection } from '../connection.js';
import { grpcFormOf } from '../grpc/contentType.js';
import type { GrpcServer } from '../grpc/server.js';
import { annotated } from '../http/annotated.js';
import { errorBody } from '../http/errorBody.js';
import { answerJson, type Exchange, type Routes } from '../http/exchange.js';
import { http2Exchange } from '../http/http2Exchange.js';
import { unsealed } from '../http/unsealed.js';

export interface Http2 {
  /** Takes over a connection that speaks HTTP/2 (or pretends to). */
  accept(socket: Socket, connection: Connection): void;
  /** Sends GOAWAY to clients. Sessions end with their last stream. */
  drain(): void;
  /** Answers calls that are still open: their connections are about to be cut. */
  endCalls(): void;
  /** Begins to watch sessions; the returned function ends that. */
  watch(): () => void;
}

/** Calls are answered by the routes, like everything else. */
export interface RoutedCalls {
  /** Ends what is open: connections are about to be cut. */
  endCalls(): void;
}

export interface Http2Parameters {
  readonly grpc: GrpcServer | RoutedCalls;
  /** Answers everything that is not gRPC. Never rejects. */
  readonly routes: Routes;
  /** For what is not gRPC. */
  readonly annotator?: Annotator | undefined;
  readonly receiver?: BodyReceiver | undefined;
  readonly clock: Clock;
}

/** A session that has sent nothing for this long, not even an answer to a ping, is dead (ms). */
const unansweredMs = 80_000;
/** How often a session is pinged: cheap with ten thousand sessions, and SDKs ping four times as often themselves (ms). */
const pingEveryMs = 60_000;
/** How often sessions and half-received calls are looked at (ms). */
const watchEveryMs = 2_000;

const options = {
  settings: {
    /** Calls of one program at once, over one shared channel. More wait in the client. */
    maxConcurrentStreams: 256,
    /** Ours have under 1 KiB, a bearer token included (bytes). */
    maxHeaderListSize: 16 * 1024,
    // The window of a stream that is not read. Calls are read as they come, and their size and number are bounded. An upload that is
    // allowed gets more.
    initialWindowSize: 64 * 1024,
    enablePush: false,
  },
  maxHeaderListPairs: 64,
  /** Frames that break the protocol, and streams beyond the limit, before the session is ended. */
  maxSessionInvalidFrames: 100,
  maxSessionRejectedStreams: 100,
};

/** Each may have a window of 2 MiB unread while it waits for its turn. Further ones are refused with a retry. */
const uploadsAtOnce = 32;

/** How long a session with open streams may take nothing: it may have filled what the system buffers (ms). */
const stuckMs = 15_000;

interface Session extends Connection {
  pingedAt: number;
  /** When it was last known to be alive. */
  heardAt: number;
  readBytes: number;
  /** Uploads that it has open, most of them waiting. */
  uploads: number;
  streams: number;
  /** A stream has begun since the last look. */
  isBusy: boolean;
  /** It has sent something since it was last known to be whole. */
  isUnproven: boolean;
  /** Since when it has taken nothing, and what it had taken by then. */
  stuck: { readonly at: number; readonly sentBytes: number } | undefined;
}

export function createHttp2({ grpc, annotator, receiver, clock, ...given }: Http2Parameters): Http2 {
  const routes = annotated(unsealed(given.routes, receiver), annotator);
  const refuseUpload = annotated(answerTooManyUploads, annotator);
  const sessions = new Map<ServerHttp2Session, Session>();
  const server = createServer(options);
  /** The connection whose session is being made: Node does that within `emit`. */
  let arriving: Connection | undefined;

  server.on('session', (session: ServerHttp2Session) => {
    if (arriving === undefined) return session.destroy();
    const now = clock.steady();
    const counts = { readBytes: 0, uploads: 0, streams: 0, isBusy: false, isUnproven: true, stuck: undefined };
    const entry: Session = { ...arriving, pingedAt: now, heardAt: now, ...counts };
    sessions.set(session, entry);
    session.once('close', () => sessions.delete(session));
    session.on('stream', (stream, headers) => {
      entry.isBusy = true;
      entry.streams += 1;
      stream.once('close', () => {
        entry.streams -= 1;
      });
      answer(stream, headers, entry);
    });
  });
  // Broken frames end their own session only.
  server.on('sessionError', () => undefined);

  function answer(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, session: Session): void {
    if ('handle' in grpc && grpcFormOf(headers['content-type']) !== undefined) grpc.handle(stream, headers, session);
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
    if ('handle' in grpc) grpc.endSlowCalls();
    const now = clock.steady();
    for (const [session, entry] of sessions) {
      // Whatever it sends shows that it is alive: an answer to a ping may lie behind megabytes that are on their way.
      const readBytes = session.socket?.bytesRead ?? 0;
      if (readBytes !== entry.readBytes) {
        entry.heardAt = now;
        entry.isUnproven = true;
        entry.stuck = undefined;
      }
      entry.readBytes = readBytes;
      if (now - entry.heardAt > unansweredMs || isStuck(session, entry)) session.destroy();
      else if (entry.isUnproven && !entry.isBusy) prove(session, entry);
      else if (now - entry.pingedAt >= pingEveryMs) ping(session, entry);
      entry.isBusy = false;
    }
  }

  /**
   * After most violations of the protocol HTTP/2 says goodbye to the client, reads no more of it, and reports nothing: the connection would
   * stay. Such a session sends no ping either, which can be seen. A session in use is not checked.
   */
  function prove(session: ServerHttp2Session, entry: Session): void {
    entry.isUnproven = false;
    const sentBytes = session.socket?.bytesWritten ?? 0;
    if (!ping(session, entry)) return;
    setImmediate(() => {
      if (session.destroyed || session.socket?.bytesWritten !== sentBytes) return;
      // Nothing is on its way to it that could hold up a ping.
      if (entry.streams === 0) session.destroy();
      else entry.stuck = { at: clock.steady(), sentBytes };
    });
  }

  function isStuck(session: ServerHttp2Session, { stuck }: Session): boolean {
    return (
      stuck !== undefined && session.socket?.bytesWritten === stuck.sentBytes && clock.steady() - stuck.at >= stuckMs
    );
  }

  /** False when it cannot be sent. */
  function ping(session: ServerHttp2Session, entry: Session): boolean {
    entry.pingedAt = clock.steady();
    // Refused (false, or thrown) while a session closes, or when too many are unanswered: then nothing is heard of it, and it ends.
    try {
      return session.ping((error) => {
        if (error !== null) return;
        entry.heardAt = clock.steady();
        // The answer itself is nothing new.
        entry.readBytes = session.socket?.bytesRead ?? 0;
      });
    } catch {
      session.destroy();
      return false;
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
        cancel = clock.wakeIn(watchEveryMs, () => {
          look();
          next();
        });
      };
      next();
      return () => cancel();
    },
  };
}

const answerTooManyUploads = (exchange: Exchange): Promise<void> => {
  const failure = fail('QUEUE_FULL', { limit: uploadsAtOnce });
  // A client that has gone meanwhile needs no answer.
  return answerJson(exchange, httpStatusOf(failure), errorBody(failure)).catch(() => undefined);
};
