// A TCP connection that says exactly what it is told to, and all that comes back.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { inTime } from './inTime.js';

/**
 * `hear`: listens until the service ends it. `fin`: says that nothing more is sent, then listens. `reset`: cut at once. `stay`: left
 * open, and cut much later.
 */
export type Ending = 'hear' | 'fin' | 'reset' | 'stay';

export interface Conversation {
  readonly pieces: readonly Uint8Array[];
  readonly ending: Ending;
  /** Waited for before `fin`: who half-closes at once is not answered, because Node sees a client that leaves. */
  readonly pause: () => Promise<unknown>;
  /** What has been heard is all there will be, and no end of the connection needs to be waited for. */
  readonly isEnough?: (heard: Buffer) => boolean;
}

/** A service answers, and lets go of a connection whose client has ended it, within milliseconds; on a busy machine within this (ms). */
const endWithinMs = 20_000;
/** More than the service should have open for nothing; the oldest of them goes. */
const mostStaying = 30;
const staying: Socket[] = [];

/** Resolves with what was heard. Rejects when the service does not let go in time. */
export async function converse(
  port: number,
  { pieces, ending, pause, isEnough = () => false }: Conversation,
): Promise<Buffer> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  const chunks: Buffer[] = [];
  socket.on('error', () => undefined).on('data', (chunk: Buffer) => chunks.push(chunk));
  await once(socket, 'connect');
  const isOver = new Promise<void>((resolve) => {
    const over = () => resolve();
    socket.once('end', over).once('close', over);
    socket.on('data', () => isEnough(Buffer.concat(chunks)) && resolve());
  });
  for (const piece of pieces) {
    if (!socket.writable) break;
    // Piece by piece: what follows may have to be understood when the rest is already refused.
    await new Promise<void>((resolve) => socket.write(piece, () => resolve()));
  }
  if (ending === 'stay') {
    staying.push(socket);
    if (staying.length > mostStaying) staying.shift()?.destroy();
  } else if (ending === 'reset') socket.resetAndDestroy();
  else {
    if (ending === 'fin') {
      await pause();
      socket.end();
    }
    await inTime(isOver, endWithinMs, 'the connection is still open');
    socket.destroy();
  }
  return Buffer.concat(chunks);
}

export function cutStaying(): void {
  for (const socket of staying.splice(0)) socket.destroy();
}
