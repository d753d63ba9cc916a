// Sessions of HTTP/2 to an upstream: as many as its limit of streams asks for, opened when they are needed.
import { type ClientHttp2Session, connect as openSession } from 'node:http2';
import type { Duplex } from 'node:stream';
import type { Clock } from '../clock.js';
import { fail } from '../failures/fail.js';
import { FailureError } from '../failures/failureError.js';
import { raced } from '../transport/grpc/raced.js';
import { noHttp2 } from './connectTo.js';
import type { Connect } from './upstream.js';

export interface Http2SessionsParameters {
  readonly connect: Connect;
  /** Of one session, where the upstream allows more. */
  readonly streams: number;
  readonly sessions: number;
  /** A session whose ping is not answered in this time ends. Undefined: an upstream that proves in its only thread answers none. */
  readonly pingMs: number | undefined;
  readonly clock: Clock;
}

export interface Http2Sessions {
  /** One with room for a stream, which has said its settings. Rejects with a FailureError, or with the signal's reason. */
  acquire(signal: AbortSignal): Promise<HeldSession>;
  close(): void;
}

export interface HeldSession {
  readonly session: ClientHttp2Session;
  /** The stream has ended. Once. */
  release(): void;
}

interface Entry {
  readonly session: ClientHttp2Session;
  streams: number;
  isLeaving: boolean;
}

/** What an answer may have under way (bytes): 100 MB/s over 20 ms. */
const streamWindowBytes = 2 * 1024 * 1024;
const sessionWindowBytes = 16 * 1024 * 1024;
/** Of an answer. With a report beside it, it must stay below the 16 KB that most clients take (bytes). */
const mostHeadBytes = 12 * 1024;
/** From a connection to its first frame (ms). */
const settingsMs = 10_000;

const options = {
  settings: { enablePush: false, initialWindowSize: streamWindowBytes, maxHeaderListSize: mostHeadBytes },
  maxHeaderListPairs: 100,
  maxSessionInvalidFrames: 100,
} as const;

export function createHttp2Sessions({ connect, clock, pingMs, ...most }: Http2SessionsParameters): Http2Sessions {
  const entries = new Set<Entry>();
  const closing = new AbortController();
  let opening: Promise<Entry> | undefined;

  async function open(): Promise<Entry> {
    const connection = await connect('http2', closing.signal);
    const session = 'remoteSettings' in connection ? connection : await settled(connection, clock);
    const entry: Entry = { session, streams: 0, isLeaving: false };
    const cancel = pingMs === undefined ? () => {} : watch(session, pingMs, clock);
    session.once('goaway', () => {
      entry.isLeaving = true;
      entries.delete(entry);
    });
    session.once('close', () => {
      cancel();
      entries.delete(entry);
    });
    if (session.destroyed) throw new FailureError(fail('UPSTREAM_BROKEN', { problem: 'the connection to it broke' }));
    entries.add(entry);
    return entry;
  }

  const withRoom = () => [...entries].find((entry) => hasRoom(entry, most.streams));

  return {
    async acquire(signal) {
      let entry = withRoom();
      while (entry === undefined) {
        if (entries.size >= most.sessions)
          throw new FailureError(fail('RELAY_BUSY', { limit: most.sessions * most.streams }));
        opening ??= open().finally(() => {
          opening = undefined;
        });
        await raced(opening, signal);
        entry = withRoom();
      }
      const held = entry;
      held.streams += 1;
      const release = () => {
        held.streams -= 1;
      };
      return { session: held.session, release };
    },

    close() {
      closing.abort(new Error('the upstream is closed'));
      for (const { session } of entries) session.destroy();
    },
  };
}

function hasRoom({ session, streams, isLeaving }: Entry, most: number): boolean {
  const allowed = Math.min(most, session.remoteSettings.maxConcurrentStreams ?? most);
  return !isLeaving && !session.destroyed && !session.closed && streams < allowed;
}

/** A session whose other end has said its settings: only then it is one. */
function settled(socket: Duplex, clock: Pick<Clock, 'wakeIn'>): Promise<ClientHttp2Session> {
  return new Promise((resolve, reject) => {
    const session = openSession('http://upstream', { ...options, createConnection: () => socket });
    const refuse = () => {
      cancel();
      session.destroy();
      reject(new FailureError(fail('UPSTREAM_UNREACHABLE', { problem: noHttp2 })));
    };
    const cancel = clock.wakeIn(settingsMs, refuse);
    // Each stream sees for itself that its session has ended.
    session.on('error', () => undefined).once('close', refuse);
    session.once('remoteSettings', () => {
      cancel();
      session.off('close', refuse);
      session.setLocalWindowSize(sessionWindowBytes);
      resolve(session);
    });
  });
}

/** Ends a session whose other end is gone. Returns what ends the watch. */
function watch(session: ClientHttp2Session, pingMs: number, clock: Pick<Clock, 'wakeIn'>): () => void {
  let cancel = () => {};
  const next = () => {
    let isHeard = false;
    const answered = () => {
      isHeard = true;
    };
    const isSent = !session.destroyed && !session.closed && session.ping(answered);
    cancel = clock.wakeIn(pingMs, () => {
      if (isSent && !isHeard) session.destroy();
      else next();
    });
  };
  next();
  return () => cancel();
}
