// One connection to a target, attested before a byte of a request: by what is known of its key, else by evidence that comes over this very
// connection.
import { Agent } from 'node:http';
import { type ClientHttp2Session, connect as connectHttp2 } from 'node:http2';
import type { Socket } from 'node:net';
import { getBytes } from '../check/http/getBytes.js';
import { getOverHttp2 } from '../check/http/getOverHttp2.js';
import type { Attestor, Unproven } from './attestor.js';
import { type Dialled, type Dialling, dial } from './dial.js';

export interface Attested<Carrier> {
  /** What requests go over. */
  readonly carrier: Carrier;
  readonly unproven: Unproven;
}

/** What an answer may have under way (bytes): 100 MB/s over 20 ms. */
const streamWindowBytes = 2 * 1024 * 1024;
const sessionWindowBytes = 16 * 1024 * 1024;
/** Of an answer: a report has 4 KB, and most clients take no more than 16 KB in all (bytes). */
const mostHeadBytes = 16 * 1024;

/** Rejects with AttestationRefused, NotReached, or the reason of `signal`; then the connection is closed. So does the other. */
export async function openHttp2(
  dialling: Dialling,
  attestor: Attestor,
  signal: AbortSignal,
): Promise<Attested<ClientHttp2Session>> {
  const dialled = await dial(dialling, 'h2', signal);
  const session = connectHttp2(dialling.url, {
    createConnection: () => dialled.socket,
    settings: { enablePush: false, initialWindowSize: streamWindowBytes, maxHeaderListSize: mostHeadBytes },
  });
  // Each stream has an error of its own.
  session.on('error', () => undefined);
  session.once('connect', () => session.setLocalWindowSize(sessionWindowBytes));
  const unproven = unprovenOf(dialled, (of) => getOverHttp2(session, of));
  return await attested({ carrier: session, unproven }, attestor, signal);
}

export async function openHttp1(
  dialling: Dialling,
  attestor: Attestor,
  signal: AbortSignal,
): Promise<Attested<Socket>> {
  const dialled = await dial(dialling, 'http/1.1', signal);
  const { socket } = dialled;
  const agent = new OneConnection(socket, dialling.url.protocol);
  // It is another's to keep afterwards. What Node's agent has kept as free once, it closes when somebody else reads from it.
  const detach = () => void socket.emit('agentRemove');
  socket.on('data', detach);
  const unproven = unprovenOf(dialled, (of) => getBytes({ ...of, agent }));
  const found = await attested({ carrier: socket, unproven }, attestor, signal);
  socket.off('data', detach);
  return found;
}

const unprovenOf = ({ certificate, spki, isAuthorized }: Dialled, get: Unproven['get']): Unproven => ({
  get,
  certificate: () => certificate,
  spki,
  isAuthorized,
});

async function attested<Carrier extends { destroy(): unknown }>(
  opened: Attested<Carrier>,
  attestor: Attestor,
  signal: AbortSignal,
): Promise<Attested<Carrier>> {
  try {
    await attestor.attest(opened.unproven, signal);
    return opened;
  } catch (error) {
    opened.carrier.destroy();
    throw error;
  }
}

/** Node's own would open another connection when this one has ended. */
class OneConnection extends Agent {
  readonly protocol: string;

  constructor(
    private readonly socket: Socket,
    protocol: string,
  ) {
    super({ keepAlive: true, maxSockets: 1 });
    this.protocol = protocol;
  }

  /** Whoever asks, and however it names the target: it is this connection. */
  override getName(): string {
    return 'one';
  }

  override createConnection(): Socket {
    if (this.socket.destroyed) throw Object.assign(new Error('the connection has ended'), { code: 'ECONNRESET' });
    return this.socket;
  }
}
