// A backup of a running service: the store as it is at one moment, and the files that this copy names, out of the data folder or the
// bucket. Without inputs it holds nothing that is a right to anything either: no input of an open request, no key of upload URLs, no URL of
// an upload.
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
import { bytesToFetch, fetchInto, type SourceBucket } from './fromBucket.js';
import { BackupError, type Manifest, manifestName, storeFile } from './manifest.js';
import { type Pace, paceOf } from './pace.js';

export interface BackupParameters {
  readonly store: Pick<Store, 'copyTo' | 'slices'>;
  /** The data folder. */
  readonly data: string;
  /** Where it keeps what is not there. Absent: nowhere. */
  readonly bucket?: SourceBucket | undefined;
  readonly feed: { readonly newest: number };
  readonly version: string;
  /** Gives it up. */
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly log: Log;
}

export interface BackupReport {
  readonly files: number;
  readonly sizeBytes: number;
  readonly openRequests: number;
  /** Gone while the backup was made, or from the bucket. */
  readonly left: number;
}

const folderMode = 0o700;
const fileMode = 0o600;
/** Files that cannot be linked are copied or fetched at this pace, so that proving keeps the disk. */
const bytesPerSecond = 50 * 1024 * 1024;
const inTurn = 200;
/** Beside twice what is to be written: for the manifest, and so that proving does not meet a full disk. */
const reserveBytes = 64 * 1024 * 1024;

/** `folder`: absolute, and not there yet. Throws a BackupError, or the reason of the signal. What a cut one leaves bears `.partial` in its name. */
export async function makeBackup(
  parameters: BackupParameters,
  { folder, withInputs }: { readonly folder: string; readonly withInputs: boolean },
): Promise<BackupReport> {
  const { store, data, bucket, signal, clock, log, version } = parameters;
  const partial = `${folder}.partial`;
  assertPossible(data, folder, partial);
  const feed = parameters.feed.newest;
  const [raw, kept] = [join(partial, 'raw'), join(partial, 'store')];
  mkdirSync(partial, { mode: folderMode });
  try {
    await assertRoom(parameters, folder, withInputs);
    for (const each of [raw, kept]) mkdirSync(each, { mode: folderMode });
    await store.copyTo(raw);
    const files: Manifest['files'] = [];
    const { openRequests, left } = await withStore(raw, async (copy) => {
      const openRequests = [...copy.scan('openRequests', [])].length;
      const pace = paceOf({ clock, bytesPerSecond, signal });
      const left = await copyFiles({ copy, data, partial, bucket, withInputs, pace, signal, turn: clock.turn }, files);
      await copy.purge(kept, withInputs ? bucketNames : [...bucketNames, ...rightsIn(copy)]);
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

const refuse = (problem: string) => new BackupError(`No backup was made: ${problem}.`);

function assertPossible(data: string, folder: string, partial: string): void {
  if (!isAbsolute(folder)) throw refuse('its folder is to be named by its whole path');
  if (!relative(data, folder).startsWith('..')) throw refuse(`${folder} is in the data folder`);
  if (statSync(dirname(folder), { throwIfNoEntry: false })?.isDirectory() !== true)
    throw refuse(`${dirname(folder)} is no folder here`);
  if (statSync(folder, { throwIfNoEntry: false }) !== undefined) throw refuse(`${folder} is there already`);
  if (statSync(partial, { throwIfNoEntry: false }) !== undefined)
    throw refuse(`${partial} is there: another backup is being made, or was cut short and is to be removed`);
}

async function assertRoom(
  { store, data, bucket, clock: { turn } }: BackupParameters,
  folder: string,
  withInputs: boolean,
): Promise<void> {
  const layout = createLayout(join(data, 'artifacts'));
  const isWanted = (record: ArtifactRecord) => withInputs || !isInput(record);
  const fetched = bucket === undefined ? 0 : await bytesToFetch({ store, layout, turn }, isWanted);
  const { bavail, bsize } = statfsSync(dirname(folder));
  const needed = 2 * (statSync(join(data, storeFile)).size + fetched) + reserveBytes;
  if (bavail * bsize < needed)
    throw refuse(`${dirname(folder)} has ${bavail * bsize} bytes free, ${needed} are needed`);
}

/** All that lies in the bucket is in the backup, which needs none: restored, it must not sweep what its service has put there since. */
const bucketNames: readonly Blanked[] = [
  { bucket: 'meta', key: ['bucket'] },
  { bucket: 'meta', key: ['bucketOwner'] },
];

/** What would let its holder do something. In the copy alone. */
function rightsIn(copy: Store): Blanked[] {
  const uploads = [...copy.scan('networkUploads', [])].map(({ key }): Blanked => ({ bucket: 'networkUploads', key }));
  return [{ bucket: 'meta', key: ['uploadKey'] }, ...uploads];
}

/** A private program comes and goes with its request, as an input does. */
const isInput = ({ kind, ofRequest }: ArtifactRecord) => kind === 'stdin' || ofRequest === true;

interface CopyParameters {
  readonly copy: Store;
  readonly data: string;
  readonly partial: string;
  readonly bucket: SourceBucket | undefined;
  readonly withInputs: boolean;
  readonly pace: Pace;
  readonly signal: AbortSignal;
  readonly turn: () => Promise<void>;
}

/**
 * Links, copies or fetches what the copy of the store names, and takes the records of what is left out from it. Answers how many files are
 * in no place.
 */
async function copyFiles(
  { copy, data, partial, bucket, withInputs, pace, signal, turn }: CopyParameters,
  files: Manifest['files'],
): Promise<number> {
  const [from, to] = [createLayout(join(data, 'artifacts')), createLayout(join(partial, 'artifacts'))];
  const done = new Set<string>();
  let left = 0;
  for await (const slice of copy.slices('artifacts', { limit: inTurn, turn })) {
    const leftOut: ArtifactId[] = [];
    for (const { key, value } of slice) {
      signal.throwIfAborted();
      const path = fileOf(from, key[0], value);
      if (path === undefined) continue;
      if (!withInputs && isInput(value)) leftOut.push(key[0]);
      else if (!done.has(path)) {
        const target = to.final(value.fileId ?? key[0], value.kind);
        const isThere =
          (await brought(path, target.path, pace)) ||
          (bucket !== undefined && (await fetchInto(target, value, { bucket, pace, signal })));
        if (!isThere) left += 1;
        else files.push({ path: relative(partial, target.path), sizeBytes: value.sizeBytes, sha256: value.sha256 });
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
async function brought(from: string, to: string, pace: Pace): Promise<boolean> {
  mkdirSync(dirname(to), { recursive: true, mode: folderMode });
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
  }
  await copyFile(from, to, constants.COPYFILE_EXCL);
  await flushed(to);
  await pace(statSync(to).size);
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
