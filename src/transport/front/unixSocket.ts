// A listener's socket in the file system, for its owner alone. It appears at its path when it is ready and private. It replaces the socket
// of a dead process, and leaves that of a running one alone.
import { lstatSync, unlinkSync } from 'node:fs';
import { chmod, lstat, mkdtemp, rename, rm } from 'node:fs/promises';
import { connect, type Server } from 'node:net';
import { basename, dirname, join } from 'node:path';

/** Its message is a sentence for the user. */
export class SocketPathError extends Error {
  override readonly name = 'SocketPathError';
}

/** Linux takes 108 bytes with a closing zero, macOS 104: what fits here fits both. */
const longestPath = 103;
/** Where it is made: a folder of this length, as `mkdtemp` names it, and a name of one letter. */
const placeName = '.sXXXXXX/s';

/** Rejects with a SocketPathError. Answers what removes the socket again, unless another process has put its own in its place. */
export async function listenOnUnixSocket(server: Server, path: string): Promise<() => void> {
  refuseLongPath(path);
  await refuseOccupied(path);
  // Made in a folder that no other user may enter: there is no moment at which others could connect.
  const place = await mkdtemp(join(dirname(path), '.s')).catch((error: NodeJS.ErrnoException) => {
    throw new SocketPathError(
      `No socket can be made in ${dirname(path)} (${error.code}). It must be a folder of yours.`,
    );
  });
  try {
    const made = join(place, 's');
    await listening(server, made);
    await chmod(made, 0o600);
    const { ino } = await lstat(made);
    await rename(made, path);
    return () => {
      if (inodeAt(path) === ino) unlinkSync(path);
    };
  } catch (error) {
    server.close();
    throw error;
  } finally {
    await rm(place, { recursive: true, force: true });
  }
}

function refuseLongPath(path: string): void {
  const most = longestPath - Math.max(0, placeName.length - Buffer.byteLength(basename(path)));
  const bytes = Buffer.byteLength(path);
  if (bytes <= most) return;
  throw new SocketPathError(
    `The path of the socket ${path} is too long: it has ${bytes} bytes, and the system takes ${most} here. Choose a shorter one.`,
  );
}

/** The path may be free, or hold a socket without a listener. */
async function refuseOccupied(path: string): Promise<void> {
  const found = await lstat(path).catch((error: NodeJS.ErrnoException) => {
    // A folder that is missing is noticed when the socket is made.
    if (error.code === 'ENOENT') return undefined;
    throw new SocketPathError(`The path of the socket ${path} cannot be used (${error.code}). Choose another.`);
  });
  if (found === undefined) return;
  if (!found.isSocket())
    throw new SocketPathError(`${path} is there already and is no socket. Remove it, or choose another path.`);
  const answer = await knock(path);
  if (answer === 'listens')
    throw new SocketPathError(`Another process listens on ${path}. Stop it, or choose another path.`);
  if (answer !== 'ECONNREFUSED' && answer !== 'ENOENT')
    throw new SocketPathError(`Whether a process listens on ${path} cannot be told (${answer}). Choose another path.`);
}

/** `listens`, or the code of the system's error. */
const knock = (path: string): Promise<string> =>
  new Promise((resolve) => {
    const socket = connect({ path });
    socket.once('connect', () => {
      socket.destroy();
      resolve('listens');
    });
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
  });

const listening = (server: Server, path: string): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ path }, () => {
      server.off('error', reject);
      resolve();
    });
  });

const inodeAt = (path: string): number | undefined => lstatSync(path, { throwIfNoEntry: false })?.ino;
