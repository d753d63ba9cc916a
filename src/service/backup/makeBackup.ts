// A backup of a running service: the store as it is at one moment, and the files that this copy names. Without inputs it holds nothing
// that is a right to anything either: no input of an open request, no key of upload URLs, no URL of an upload.
import { constants, linkSync, mkdirSync, renameSync, rmSync, statfsSync, statSync, writeFileSync } from 'node:fs';
import { copyFile, open } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative } from 'node:path';
import type { Clock } from '../../clock.js';
import { fileProblem, isSystemError } from '../../fileProblem.js';
import type { ArtifactId } from '../../ids.js';
import type { Log } from '../../log.js';
import { type ArtifactRecord, schemaVersion } from '../../store/buckets.js';
import { type Blanked, openStore, type Store } from '../../store/environment.js';
import { createLayout } from '../../storedBytes/layout.js';
import { digestOf, fileOf } from './checkData.js';
import { BackupError, type Manifest, manifestName, storeFile } from './manifest.js';

export interface BackupParameters {
  readonly store: Pick<Store, 'copyTo'>;
  /** The data folder. */
  readonly data: string;
  readonly feed: { readonly newest: number };
  readonly version: string;
  readonly clock: Clock;
  readonly log: Log;
}

export interface BackupReport {
  readonly files: number;
  readonly sizeBytes: number;
  readonly openRequests: number;
  /** Kept elsewhere, in the bucket, or gone while the backup was made. */
  readonly left: number;
}

const folderMode = 0o700;
const fileMode = 0o600;
/** Files that cannot be linked are copied at this pace (bytes in a second), so that proving keeps the disk. */
const pace = 50 * 1024 * 1024;
const inTurn = 200;
/** Beside twice the store: for the manifest, and so that proving does not meet a full disk. */
const reserveBytes = 64 * 1024 * 1024;

/** `folder`: absolute, and not there yet. Throws a BackupError. What a cut one leaves bears `.partial` in its name. */
export async function makeBackup(
  parameters: BackupParameters,
  { folder, withInputs }: { readonly folder: string; readonly withInputs: boolean },
): Promise<BackupReport> {
  const { store, data, clock, log, version } = parameters;
  const partial = `${folder}.partial`;
  assertPossible(data, folder, partial);
  const feed = parameters.feed.newest;
  const [raw, kept] = [join(partial, 'raw'), join(partial, 'store')];
  mkdirSync(partial, { mode: folderMode });
  try {
    for (const each of [raw, kept]) mkdirSync(each, { mode: folderMode });
    await store.copyTo(raw);
    const files: Manifest['files'] = [];
    const { openRequests, left } = await withStore(raw, async (copy) => {
      const openRequests = [...copy.scan('openRequests', [])].length;
      const left = await copyFiles({ copy, data, partial, withInputs, clock }, files);
      await copy.purge(kept, withInputs ? [] : rightsIn(copy));
      return { openRequests, left };
    });
    rmSync(raw, { recursive: true });
    const path = join(partial, storeFile);
    files.unshift({ path: storeFile, sizeBytes: statSync(path).size, sha256: await digestOf(path) });
    const manifest: Manifest = {
      v: 1,
      schema: schemaVersion,
      version,
      madeAt: clock.now(),
      feed,
      withInputs,
      openRequests,
      files,
    };
    writeFileSync(join(partial, manifestName), JSON.stringify(manifest), { mode: fileMode, flush: true });
    for (const each of [path, kept, partial]) await flushed(each);
    renameSync(partial, folder);
    await flushed(dirname(folder));
    const sizeBytes = files.reduce((sum, file) => sum + file.sizeBytes, 0);
    log.info({ event: 'backup.made', files: files.length, sizeBytes, withInputs }, 'a backup was made');
    return { files: files.length, sizeBytes, openRequests, left };
  } catch (error) {
    rmSync(partial, { recursive: true, force: true });
    // A full disk, or a folder that this user may not write to: its sentence is for the operator.
    throw isSystemError(error) ? new BackupError(`No backup was made: ${fileProblem(error)}.`) : error;
  }
}

async function withStore<T>(folder: string, work: (store: Store) => Promise<T>): Promise<T> {
  const store = await openStore(folder);
  return work(store).finally(() => store.close());
}

function assertPossible(data: string, folder: string, partial: string): void {
  const refuse = (problem: string) => new BackupError(`No backup was made: ${problem}.`);
  if (!isAbsolute(folder)) throw refuse('its folder is to be named by its whole path');
  if (!relative(data, folder).startsWith('..')) throw refuse(`${folder} is in the data folder`);
  if (statSync(dirname(folder), { throwIfNoEntry: false })?.isDirectory() !== true)
    throw refuse(`${dirname(folder)} is no folder here`);
  if (statSync(folder, { throwIfNoEntry: false }) !== undefined) throw refuse(`${folder} is there already`);
  if (statSync(partial, { throwIfNoEntry: false }) !== undefined)
    throw refuse(`${partial} is there: another backup is being made, or was cut short and is to be removed`);
  const { bavail, bsize } = statfsSync(dirname(folder));
  const needed = 2 * statSync(join(data, storeFile)).size + reserveBytes;
  if (bavail * bsize < needed)
    throw refuse(`${dirname(folder)} has ${bavail * bsize} bytes free, ${needed} are needed`);
}

/** What would let its holder do something. In the copy alone. */
function rightsIn(copy: Store): Blanked[] {
  const uploads = [...copy.scan('networkUploads', [])].map(({ key }): Blanked => ({ bucket: 'networkUploads', key }));
  return [{ bucket: 'meta', key: ['uploadKey'] }, ...uploads];
}

/** A private program comes and goes with its request, as an input does. */
const isInput = ({ kind, ofRequest }: ArtifactRecord) => kind === 'stdin' || ofRequest === true;

/** Links or copies what the copy of the store names, and takes the records of what is left out from it. Answers how many those are. */
async function copyFiles(
  {
    copy,
    data,
    partial,
    withInputs,
    clock,
  }: Record<'data' | 'partial', string> & {
    copy: Store;
    withInputs: boolean;
    clock: Clock;
  },
  files: Manifest['files'],
): Promise<number> {
  const [from, to] = [createLayout(join(data, 'artifacts')), createLayout(join(partial, 'artifacts'))];
  const done = new Set<string>();
  let left = 0;
  for await (const slice of copy.slices('artifacts', { limit: inTurn, turn: clock.turn })) {
    const leftOut: ArtifactId[] = [];
    for (const { key, value } of slice) {
      const path = fileOf(from, key[0], value);
      if (path === undefined) continue;
      if (!withInputs && isInput(value)) leftOut.push(key[0]);
      else if (!done.has(path)) {
        const target = fileOf(to, key[0], value) ?? '';
        const wasCopied = await brought(path, target, clock);
        if (!wasCopied) left += 1;
        else files.push({ path: relative(partial, target), sizeBytes: value.sizeBytes, sha256: value.sha256 });
        done.add(path);
      }
    }
    if (leftOut.length > 0)
      await copy.write((tx) => {
        for (const id of leftOut) tx.remove('artifacts', id);
      });
  }
  return left;
}

/** False when there is nothing to bring. Files of artifacts never change, so a second name of the same file is as good as a copy. */
async function brought(from: string, to: string, clock: Clock): Promise<boolean> {
  mkdirSync(dirname(to), { recursive: true, mode: folderMode });
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
  }
  await copyFile(from, to, constants.COPYFILE_EXCL);
  await flushed(to);
  await new Promise<void>((resolve) => clock.wakeIn((statSync(to).size / pace) * 1_000, resolve));
  return true;
}

async function flushed(path: string): Promise<void> {
  const file = await open(path, 'r');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
