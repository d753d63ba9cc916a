// Where the sockets of engines lie, and what engines execute. Such a place is chosen by trying: one may be read-only, forbid programs,
// know no sockets or be full. It is checked again before every start of an engine, because the content of a temporary folder may vanish.
import { once } from 'node:events';
import { accessSync, constants, lstatSync, mkdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { homeFolder } from '../home.js';
import { type Random, randomHex, systemRandom } from '../random.js';

/** Shown to the operator as it is. */
export class RunFolderError extends Error {
  override readonly name = 'RunFolderError';
}

export interface RunFolder {
  /** The folder, found fit just now. It is another one than before where that one is no longer fit. Rejects with a RunFolderError. */
  ready(): Promise<string>;
  /** Removes what it has made. */
  remove(): void;
}

export interface RunFolderParameters {
  /** Where to try, in this order. */
  readonly places: readonly string[];
  /** Sockets have short paths: whether those of all engines can be bound in this folder. */
  readonly fits: (folder: string) => boolean;
  /** Called with all folders before the last of them is made, so that those of a killed process can be found and removed. */
  readonly onChosen?: (folders: readonly string[]) => Promise<void>;
  /** Names the folder. */
  readonly random?: Random;
}

/** Room for sockets and for SP1's helper, in bytes. */
const minFreeBytes = 8 * 1024 * 1024;
const folderMode = 0o700;

/** Temporary folders of this machine, the user's choice first. In small containers the user's own cache may be all there is. */
export function temporaryPlaces(): string[] {
  const home = homeFolder();
  return [resolve(tmpdir()), '/tmp', '/var/tmp', '/dev/shm', ...(home === undefined ? [] : [join(home, '.cache')])];
}

export function createRunFolder({ places, fits, onChosen, random = systemRandom }: RunFolderParameters): RunFolder {
  /** Engines that were started in an earlier folder may still run in it. */
  const made: string[] = [];
  /** Whose they are: the server of a network disk may know us by another name. */
  let owner: number | undefined;
  let chosen: string | undefined;
  /** Lanes start side by side, and share one. */
  let turn: Promise<unknown> = Promise.resolve();

  async function choose(): Promise<string> {
    const reasons: string[] = [];
    for (const place of new Set(places)) {
      const folder = join(place, `sealed-${randomHex(random, 4)}`);
      try {
        if (!fits(folder)) throw new Error('its path is too long for sockets');
        accessSync(place, constants.W_OK | constants.X_OK);
        made.push(folder);
        await onChosen?.(made);
        mkdirSync(folder, { mode: folderMode });
        owner = lstatSync(folder).uid;
        await tryOut(folder, random);
        return folder;
      } catch (error) {
        if (isOutOfDescriptors(error)) throw lacksDescriptors();
        reasons.push(`${place} (${reasonOf(error)})`);
        removeRunFolder(folder, owner);
      }
    }
    throw new RunFolderError(
      `Engines need a folder for their sockets in which programs may run, and there is none: ${reasons.join(', ')}. Set TMPDIR to one.`,
    );
  }

  return {
    ready() {
      const next = turn.then(async () => {
        if (chosen === undefined || !(await isStillFit(chosen, owner, random))) chosen = await choose();
        return chosen;
      });
      turn = next.catch(() => undefined);
      return next;
    },
    remove() {
      for (const folder of made) removeRunFolder(folder, owner);
    },
  };
}

export const isRunFolderName = (name: string): boolean => /^sealed-[0-9a-f]{8}$/.test(name);

/** Something else that others have put in its place stays. */
export function removeRunFolder(folder: string, owner = process.geteuid?.()): void {
  if (isOwn(folder, owner)) rmSync(folder, { recursive: true, force: true });
}

/** Says nothing of a place, and all others would fail in the same way. */
const isOutOfDescriptors = (error: unknown) => /^E[MN]FILE$/.test(`${(error as NodeJS.ErrnoException).code}`);
const lacksDescriptors = () =>
  new RunFolderError(
    'This process has no room for another open file. Raise its limit (ulimit -n), or run fewer lanes.',
  );

async function isStillFit(folder: string, owner: number | undefined, random: Random): Promise<boolean> {
  try {
    // Under its old name, so that engines that still run have theirs beside the new ones.
    if (lstatSync(folder, { throwIfNoEntry: false }) === undefined) mkdirSync(folder, { mode: folderMode });
    if (!isOwn(folder, owner)) return false;
    await tryOut(folder, random);
    return true;
  } catch (error) {
    if (isOutOfDescriptors(error)) throw lacksDescriptors();
    return false;
  }
}

function isOwn(folder: string, owner: number | undefined): boolean {
  try {
    const found = lstatSync(folder);
    return found.isDirectory() && found.uid === owner && (found.mode & 0o022) === 0;
  } catch {
    return false;
  }
}

/** Throws where a program could not be run or a socket not be bound. */
async function tryOut(folder: string, random: Random): Promise<void> {
  const { bavail, bsize } = statfsSync(folder);
  if (bavail * bsize < minFreeBytes) throw new Error('it is full');
  const name = randomHex(random, 4);
  const program = join(folder, name);
  writeFileSync(program, '', { mode: 0o700, flag: 'wx' });
  try {
    accessSync(program, constants.X_OK);
  } catch {
    throw new Error('no programs may run there');
  } finally {
    rmSync(program, { force: true });
  }
  const server = createServer().listen(join(folder, `${name}.s`));
  await once(server, 'listening');
  server.close();
  await once(server, 'close');
}

function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  const reasons: Record<string, string> = {
    ENOENT: 'it is not there',
    ENOTDIR: 'it is no folder',
    EACCES: 'this user may not write there',
    EPERM: 'this user may not write there',
    EROFS: 'it is read-only',
    ENOSPC: 'it is full',
  };
  return reasons[code ?? ''] ?? message;
}
