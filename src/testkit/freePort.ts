// Ports for what is started later, or closed and opened again: nobody else takes them meanwhile. One that the system has given away and
// that is closed again is the system's, and the next socket of any test may get it.
import { once } from 'node:events';
import { createServer } from 'node:net';

/** Below the ports that the system gives by itself, 32,768 and up by default: a socket that names no port gets none of these. */
const lowest = 20_000;
/** Test files that run beside each other are processes with different numbers: each has ports of its own. */
const blocks = 240;
const portsOfBlock = 50;

const first = lowest + (process.pid % blocks) * portsOfBlock;
let given = 0;

/** A port of 127.0.0.1 that nothing listens on. Fifty calls of a process answer fifty ports. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < portsOfBlock; tries += 1) {
    const port = first + (given++ % portsOfBlock);
    if (await isFree(port)) return port;
  }
  throw new Error(`something listens on all ports from ${first} to ${first + portsOfBlock - 1}`);
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    return false;
  }
  server.close();
  await once(server, 'close');
  return true;
}
