// Artifacts in a bucket, with local copies for lanes and downloads. What is private is not even named there: it lies in the directory
// backend beside it, as does what was stored before there was a bucket.

import { join } from 'node:path';
import { fail } from '../../failures/fail.js';
import { FailureError } from '../../failures/failureError.js';
import { failureFrom } from '../../failures/failureFrom.js';
import { type ArtifactId, parseArtifactId } from '../../ids.js';
import { copyIn } from '../../storedBytes/copyStored.js';
import { createLayout } from '../../storedBytes/layout.js';
import { storedSize } from '../../storedBytes/measureStored.js';
import { openStored } from '../../storedBytes/openStored.js';
import { removeStored } from '../../storedBytes/removeStored.js';
import type { ArtifactKind } from '../../storedBytes/storedFile.js';
import { asFailure } from '../asFailure.js';
import { directoryBackendOver } from '../directory.js';
import type { ArtifactBackend, ArtifactPlace, ArtifactRef, LocalFile } from '../port.js';
import { serialByKey } from '../serialByKey.js';
import { createUploads, type UploadLimits } from '../uploads.js';
import { withWholeBytes } from '../wholeBytes.js';
import type { Bucket } from './bucket.js';
import { openCache } from './cache.js';

/** The object of an artifact, under the bucket's prefix. */
export const objectKeyOf = (id: ArtifactId, kind: ArtifactKind) => `${kind}/${id}`;

/** `folder`: the data folder. `cacheBytes`: of local copies. One process at a time may own the folder and the bucket's prefix. */
export function createS3Backend({
  folder,
  uploads,
  bucket,
  cacheBytes,
}: {
  folder: string;
  uploads: UploadLimits;
  bucket: Bucket;
  cacheBytes: number;
}): ArtifactBackend {
  const layout = createLayout(join(folder, 'artifacts'));
  const pool = createUploads(uploads);
  const local = directoryBackendOver(layout, pool);
  const cache = openCache(createLayout(join(folder, 'artifacts', 'bucket')), cacheBytes);
  const inTurn = serialByKey();

  const isLocal = async (id: ArtifactId, { kind, private: isPrivate }: ArtifactPlace): Promise<boolean> =>
    isPrivate || (await storedSize(layout.final(id, kind))) !== undefined;

  async function localFile(ref: ArtifactRef, place: ArtifactPlace, signal: AbortSignal): Promise<LocalFile> {
    const { id, sha256, sizeBytes } = ref;
    const { kind } = place;
    if (await isLocal(id, place)) return local.localFile(ref, place, signal);
    return inTurn(objectKeyOf(id, kind), async () => {
      const held = cache.hold(id, kind) ?? (await fetchCopy(ref, kind, signal));
      return { file: { ...held.file, sha256, sizeBytes }, release: held.release };
    });
  }

  /** Fetched bytes are compared with the recorded digest before they are used. */
  async function fetchCopy(ref: ArtifactRef, kind: ArtifactKind, signal: AbortSignal) {
    const { id, sha256, sizeBytes } = ref;
    const found = await bucket.get(objectKeyOf(id, kind), signal);
    if (found === undefined) throw new FailureError(fail('ARTIFACT_NOT_FOUND', { artifactId: id }));
    const file = layout.newUpload(id, kind);
    try {
      if (found.sizeBytes !== sizeBytes) throw corrupt(id);
      cache.makeRoom(sizeBytes);
      await copyIn(file, found.body, signal);
      if ((await pool.digest(file)).sha256 !== sha256) throw corrupt(id);
      await cache.add(id, file, sizeBytes);
    } catch (thrown) {
      found.body.destroy();
      // A full disk and an abort are named; whatever else breaks a transfer is the bucket's.
      const named = failureFrom(thrown, id);
      throw named.code === 'INTERNAL' ? bucket.failureOf('get', thrown) : new FailureError(named, { cause: thrown });
    } finally {
      await removeStored(file);
    }
    return cache.hold(id, kind) as NonNullable<ReturnType<typeof cache.hold>>;
  }

  return withWholeBytes({
    receive: (id, place, body, limits, signal, nameFile) =>
      asFailure(async () => {
        const { kind } = place;
        // It may break off before it is read. The reader gets the error then.
        body.on('error', () => undefined);
        if (await isLocal(id, place)) return local.receive(id, place, body, limits, signal, nameFile);
        const file = layout.newUpload(id, kind);
        try {
          const received = await pool.receive({ id, kind, body, ...limits }, file, signal);
          const fileId = (await nameFile?.(received.sha256)) ?? id;
          const key = objectKeyOf(fileId, kind);
          // Uploads of one file may end at once: the first is put, the next compares itself with it.
          await inTurn(key, async () => {
            const stored = await bucket.head(key);
            if (stored === undefined) await bucket.put(key, { ...file, ...received }, signal);
            else if (stored.sha256 !== received.sha256)
              throw new FailureError(fail('ARTIFACT_CONFLICT', { artifactId: id }));
            await cache.add(fileId, file, received.sizeBytes);
          });
          return { id: fileId, ...received };
        } finally {
          await removeStored(file);
        }
      }),

    receiveRequest: local.receiveRequest,
    measure: local.measure,
    output: local.output,
    sweepScratch: local.sweepScratch,
    scratch: local.scratch,

    adopt: (id, place, made) =>
      asFailure(async () => {
        const { kind } = place;
        if (await isLocal(id, place)) return local.adopt(id, place, made);
        return inTurn(objectKeyOf(id, kind), async () => {
          const ref = { id, sha256: made.sha256, sizeBytes: made.sizeBytes };
          const file = layout.output(id, kind);
          const stored = await bucket.head(objectKeyOf(id, kind));
          // Put before, and perhaps a second attempt wrote the output again: the recorded digest decides.
          if (stored?.sha256 === made.sha256 && stored.sizeBytes === made.sizeBytes) {
            await removeStored(file);
            return ref;
          }
          const written = await storedSize(file);
          if (written === undefined) throw new FailureError(fail('ARTIFACT_NOT_FOUND', { artifactId: id }));
          if (written !== made.sizeBytes) throw corrupt(id);
          await bucket.put(objectKeyOf(id, kind), { ...file, ...made });
          await cache.add(id, file, made.sizeBytes);
          return ref;
        });
      }),

    localFile: (ref, place, signal) => asFailure(() => localFile(ref, place, signal)),

    open: (ref, place, range) =>
      asFailure(async () => {
        const { file, release } = await localFile(ref, place, new AbortController().signal);
        try {
          return (await openStored(file)).stream(range).once('close', release);
        } catch (thrown) {
          release();
          throw thrown;
        }
      }),

    remove: (id, place) =>
      asFailure(async () => {
        await local.remove(id, place);
        if (place.private) return;
        cache.remove(id, place.kind);
        await inTurn(objectKeyOf(id, place.kind), () => bucket.remove(objectKeyOf(id, place.kind)));
      }),

    async *list(kind) {
      yield* local.list(kind);
      const ids = new Set(cache.ids(kind));
      for await (const { key } of bucket.list(kind)) {
        const id = parseArtifactId(key.slice(kind.length + 1));
        if (id !== undefined && objectKeyOf(id, kind) === key) ids.add(id);
      }
      for (const id of ids) yield { id, place: { kind, private: false } };
    },

    async close() {
      await local.close();
      bucket.close();
    },
  });
}

const corrupt = (id: ArtifactId) => new FailureError(fail('ARTIFACT_CORRUPT', { artifactId: id }));
