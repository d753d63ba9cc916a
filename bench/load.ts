// The load generator: unary gRPC calls in a closed loop over several connections, each call with a message of its own.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { connect as connectSecure } from 'node:tls';
import {
  acknowledged,
  callBytes,
  endStream,
  frame,
  frameHeaderBytes,
  frameType,
  headerBlock,
  messageOf,
  openingBytes,
  writeCall,
} from './http2Frames.js';

export interface LoadParameters {
  readonly host: string;
  readonly port: number;
  /** By TLS, whatever certificate is shown. */
  readonly isSecure?: boolean;
  /** `/package.Service/Method`. */
  readonly path: string;
  readonly messages: readonly Uint8Array[];
  readonly connections: number;
  /** Calls in flight on each connection. */
  readonly inFlight: number;
  /** Called with the answer to `messages[index]`. Its bytes are valid during the call only. */
  readonly onAnswer?: (index: number, message: Buffer) => void;
}

export interface LoadResult {
  /** From the first byte sent to the last answer. */
  readonly seconds: number;
  /** From the moment a call was written to that of its trailers, in order of `messages`. */
  readonly latenciesMs: Float64Array;
  /** Calls that were answered with an error: trailers without a message. */
  readonly refused: number;
  /** Share of one core that this generator used (0 to 1): near 1 it is the generator that was measured. */
  readonly generatorShare: number;
}

/** Rejects when a connection breaks before all its calls are answered. */
export async function load(parameters: LoadParameters): Promise<LoadResult> {
  const { messages, connections } = parameters;
  const latenciesMs = new Float64Array(messages.length);
  const lanes = Array.from({ length: connections }, (_, first) =>
    Array.from({ length: Math.ceil((messages.length - first) / connections) }, (_, k) => first + k * connections),
  ).filter((lane) => lane.length > 0);
  const sockets = await Promise.all(lanes.map(() => opened(parameters)));
  const cpu = process.cpuUsage();
  const startedAt = performance.now();
  const refused = await Promise.all(
    lanes.map((lane, n) => runConnection(sockets[n] as Socket, lane, latenciesMs, parameters)),
  );
  const seconds = (performance.now() - startedAt) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  for (const socket of sockets) socket.destroy();
  return {
    seconds,
    latenciesMs,
    refused: refused.reduce((sum, count) => sum + count, 0),
    generatorShare: (user + system) / 1e6 / seconds,
  };
}

async function opened({ host, port, isSecure = false }: LoadParameters): Promise<Socket> {
  const socket: Socket = isSecure
    ? connectSecure({ host, port, ALPNProtocols: ['h2'], rejectUnauthorized: false })
    : connect({ host, port });
  socket.setNoDelay();
  await once(socket, isSecure ? 'secureConnect' : 'connect');
  socket.write(openingBytes());
  return socket;
}

/** Makes the calls of `lane` (indices of messages) and resolves with the number of those that were refused. */
function runConnection(
  socket: Socket,
  lane: readonly number[],
  latenciesMs: Float64Array,
  { host, port, path, messages, inFlight, onAnswer }: LoadParameters,
): Promise<number> {
  const headers = headerBlock(`${host}:${port}`, path);
  const sentAt = new Float64Array(lane.length);
  const answered = new Uint8Array(lane.length);
  let sent = 0;
  let done = 0;
  let refused = 0;
  let rest: Buffer = Buffer.alloc(0);

  /** Fills the window with one write. */
  function send(): void {
    const first = sent;
    const last = Math.min(lane.length, done + inFlight);
    if (last <= first) return;
    const batch = lane.slice(first, last).map((index) => messages[index] as Uint8Array);
    const bytes = Buffer.allocUnsafe(batch.reduce((sum, message) => sum + callBytes(headers, message), 0));
    let at = 0;
    const now = performance.now();
    for (const message of batch) {
      sentAt[sent] = now;
      at = writeCall(bytes, at, 1 + 2 * sent, headers, message);
      sent += 1;
    }
    socket.write(bytes);
  }

  return new Promise((resolve, reject) => {
    function take(type: number, flags: number, stream: number, payload: Buffer): void {
      const call = (stream - 1) / 2;
      if (type === frameType.data) {
        answered[call] = 1;
        onAnswer?.(lane[call] as number, messageOf(payload));
      } else if (type === frameType.headers && (flags & endStream) !== 0) {
        latenciesMs[lane[call] as number] = performance.now() - (sentAt[call] as number);
        if (answered[call] === 0) refused += 1;
        done += 1;
      } else if (type === frameType.settings && (flags & acknowledged) === 0) {
        socket.write(frame(frameType.settings, acknowledged, 0, Buffer.alloc(0)));
      } else if (type === frameType.ping && (flags & acknowledged) === 0) {
        socket.write(frame(frameType.ping, acknowledged, 0, payload));
      } else if (type === frameType.goAway) reject(new Error('the server has sent GOAWAY'));
    }

    socket.on('error', reject).on('close', () => reject(new Error('the connection was closed')));
    socket.on('data', (chunk: Buffer) => {
      const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      let at = 0;
      while (bytes.length - at >= frameHeaderBytes) {
        const end = at + frameHeaderBytes + bytes.readUIntBE(at, 3);
        if (end > bytes.length) break;
        take(
          bytes[at + 3] as number,
          bytes[at + 4] as number,
          bytes.readUInt32BE(at + 5),
          bytes.subarray(at + frameHeaderBytes, end),
        );
        at = end;
      }
      rest = bytes.subarray(at);
      if (done === lane.length) resolve(refused);
      else send();
    });
    send();
  });
}
