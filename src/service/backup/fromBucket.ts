// What a service keeps in a bucket, on its way into a backup: streamed at a pace, and compared with its record.
import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import { objectKeyOf } from '../../artifacts/s3/backend.js';
import type { Bucket } from '../../artifacts/s3/bucket.js';
import { failureFrom } from '../../failures/failureFrom.js';
import type { ArtifactRecord } from '../../store/buckets.js';
import type { Store } from '../../store/environment.js';
import { copyIn } from '../../storedBytes/copyStored.js';
import type { Layout } from '../../storedBytes/layout.js';
import type { ArtifactFile } from '../../storedBytes/storedFile.js';
import { fileOf } from './checkData.js';
import { BackupError } from './manifest.js';
import type { Pace } from './pace.js';

export type SourceBucket = Pick<Bucket, 'get' | 'failureOf'>;

const inTurn = 200;

/** How many bytes are to be fetched: those of what is not in the data folder, and may be in the bucket. */
export async function bytesToFetch(
  { store, layout, turn }: { store: Pick<Store, 'slices'>; layout: Layout; turn: () => Promise<void> },
  isWanted: (record: ArtifactRecord) => boolean,
): Promise<number> {
  const seen = new Set<string>();
  let bytes = 0;
  for await (const slice of store.slices('artifacts', { limit: inTurn, turn }))
    for (const { key, value } of slice) {
      const path = fileOf(layout, key[0], value);
      if (path === undefined || value.private || !isWanted(value) || seen.has(path)) continue;
      seen.add(path);
      if (statSync(path, { throwIfNoEntry: false }) === undefined) bytes += value.sizeBytes;
    }
  return bytes;
}

/**
 * Writes a new file with the bytes of an artifact. False when the bucket has no such object: what is private never lay there, and is not
 * even named to it. Throws a BackupError, the reason of the signal, or the error of a full disk; a part of the file may be left then.
 */
export async function fetchInto(
  to: ArtifactFile,
  record: Pick<ArtifactRecord, 'private' | 'sha256' | 'sizeBytes'>,
  { bucket, pace, signal }: { bucket: SourceBucket; pace: Pace; signal: AbortSignal },
): Promise<boolean> {
  if (record.private) return false;
  const wrong = () =>
    new BackupError(
      `No backup was made: the object of ${to.kind} ${to.id} in the bucket is not what was stored. Delete it there, and backups go on without it.`,
    );
  try {
    const found = await bucket.get(objectKeyOf(to.id, to.kind), signal);
    if (found === undefined) return false;
    if (found.sizeBytes !== record.sizeBytes) {
      found.body.destroy();
      throw wrong();
    }
    await copyIn(to, found.body, signal, async function* (chunks) {
      const hash = createHash('sha256');
      for await (const chunk of chunks) {
        hash.update(chunk);
        yield chunk;
        await pace(chunk.byteLength);
      }
      if (hash.digest('hex') !== record.sha256) throw wrong();
    });
    return true;
  } catch (thrown) {
    if (thrown instanceof BackupError) throw thrown;
    // A transfer that is given up ends as one that breaks off.
    signal.throwIfAborted();
    // A full disk is named; whatever else breaks a transfer is the bucket's.
    const { code } = failureFrom(thrown, to.id);
    if (code === 'DISK_FULL') throw thrown;
    throw new BackupError(
      'No backup was made: the bucket of artifacts cannot be reached, or broke off. The log says why. Try again when it is back.',
      { cause: bucket.failureOf('get', thrown) },
    );
  }
}
