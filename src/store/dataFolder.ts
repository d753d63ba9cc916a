// The data folder: ours alone (0700), and owned by one process at a time.
import { createHash } from 'node:crypto';
import { statfsSync, statSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataFolderError, type DataPlace, findDataPlace } from './dataFolderPlace.js';

export interface DataFolder extends DataPlace {
  /** Gives the folder back. */
  release(): Promise<void>;
}

/**
 * Creates the folder where it is missing and claims it. Throws a DataFolderError when it cannot be used, another process has it, or
 * its disk is full.
 * The claim is a socket that takes no connections. It ends with the process, however the process ends. It holds within one machine and
 * network namespace: two containers that share a volume do not see each other's claim.
 */
export async function claimDataFolder(path: string): Promise<DataFolder> {
  const { path: real, exposure } = findDataPlace(path);
  assertRoom(real);
  // By device and inode: the same folder under another name is the same folder.
  const { dev, ino } = statSync(real);
  const name = `sealed-prover-${createHash('sha256').update(`${dev}:${ino}`).digest('hex').slice(0, 32)}`;
  // Linux has sockets without a file. Elsewhere a file stays behind after a crash and must be removed by hand.
  const address = process.platform === 'linux' ? `\0${name}` : join(tmpdir(), `${name}.sock`);
  const server = createServer((socket) => socket.destroy());
  try {
    await listening(server, address);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    throw new DataFolderError(
      `Another sealed-prover is using the data folder ${real}. Stop it, or choose another folder with --data.`,
    );
  }
  // The claim alone must not keep a stopping process alive.
  server.unref();
  return { path: real, exposure, release: () => new Promise((resolve) => server.close(() => resolve())) };
}

/** Before the first request: LMDB maps its lock file, and where that finds no room the system kills the process without a message. */
const minFreeBytes = 16 * 1024 * 1024;

function assertRoom(path: string): void {
  const { bavail, bsize } = statfsSync(path);
  if (bavail * bsize >= minFreeBytes) return;
  const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;
  throw new DataFolderError(
    `The data folder ${path} has no room: ${megabytes(bavail * bsize)} are free, at least ${megabytes(minFreeBytes)} are needed to start. Nothing was lost. Make room, or choose another folder with --data.`,
  );
}

const listening = (server: Server, path: string): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ path }, () => resolve());
  });
