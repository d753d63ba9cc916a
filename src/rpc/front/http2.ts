// The HTTP/2 side of the one port: sessions over connections that `front.ts` hands it, each stream to gRPC or to the HTTP routes by its
// content type. What a client may make it hold is bounded here.
import { createServer, type IncomingHttpHeaders, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import type { Socket } from 'node:net';
import type { Clock } from '../../clock.js';
import type { Connection } from '../grpc/call.js';
import { type GrpcServer, isGrpc } from '../grpc/server.js';
import type { Exchange } from '../http/exchange.js';
import { http2Exchange } from '../http/http2.js';

export interface Http2 {
  /** Takes over a connection that speaks HTTP/2 (or pretends to). */
  accept(socket: Socket, connection: Connection): void;
  /** Tells clients to go away; sessions end with their last stream. */
  drain(): void;
  /** Begins to watch sessions; the returned function ends that. */
  watch(): () => void;
}

export interface Http2Parameters {
  readonly grpc: GrpcServer;
  /** Answers everything that is not gRPC. Never rejects. */
  readonly routes: (exchange: Exchange) => Promise<void>;
  readonly clock: Clock;
}

/** A session that has not answered a ping for this long is dead, or its client reads no more (ms). */
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
    // Together with the connection's own 64 KiB this is all that a stranger can make us hold; an upload with a right to it gets more.
    initialWindowSize: 64 * 1024,
    enablePush: false,
  },
  maxHeaderListPairs: 64,
  /** Frames that break the protocol, and streams beyond the limit, before the session is ended. */
  maxSessionInvalidFrames: 100,
  maxSessionRejectedStreams: 100,
};

interface Session extends Connection {
  pingedAt: number;
  /** When it was last known to live. */
  heardAt: number;
}

export function createHttp2({ grpc, routes, clock }: Http2Parameters): Http2 {
  const sessions = new Map<ServerHttp2Session, Session>();
  const server = createServer(options);
  /** Whose session is being made: Node does that within `emit`. */
  let arriving: Connection | undefined;

  server.on('session', (session: ServerHttp2Session) => {
    if (arriving === undefined) return session.destroy();
    const now = clock.now();
    const entry = { ...arriving, pingedAt: now, heardAt: now };
    sessions.set(session, entry);
    session.once('close', () => sessions.delete(session));
    session.on('stream', (stream, headers) => answer(stream, headers, entry));
  });
  // Broken frames end their session and concern nobody else.
  server.on('sessionError', () => undefined);

  function answer(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, session: Session): void {
    if (isGrpc(headers)) grpc.handle(stream, headers, session);
    else void routes(http2Exchange(stream, headers, session));
  }

  function look(): void {
    grpc.endSlowCalls();
    const now = clock.now();
    for (const [session, entry] of sessions) {
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
