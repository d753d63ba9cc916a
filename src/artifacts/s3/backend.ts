// Artifacts in a bucket, with local copies for lanes and downloads. What is private is not even named there: it lies in the directory
// backend beside it, as does what was stored before there was a bucket.
import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { FailureError, fail, failureFrom } from '../../errors.js';
import { type ArtifactId, parseArtifactId } from '../../ids.js';
import { directoryBackendOver } from '../directory.js';
import { asFailure, openForRead, sizeOf } from '../files.js';
import { createArtifactPaths } from '../paths.js';
import type { ArtifactBackend, ArtifactKind, ArtifactPlace, ArtifactRef, LocalFile } from '../port.js';
import { turns } from '../turns.js';
import { createUploads, type UploadLimits } from '../uploads.js';
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
  const paths = createArtifactPaths(join(folder, 'artifacts'));
  const pool = createUploads(uploads);
  const local = directoryBackendOver(paths, pool);
  const cache = openCache(createArtifactPaths(join(folder, 'artifacts', 'bucket')), cacheBytes);
  const inTurn = turns();

  const isLocal = async (id: ArtifactId, { kind, private: isPrivate }: ArtifactPlace): Promise<boolean> =>
    isPrivate || (await sizeOf(paths.final(id, kind))) !== undefined;

  async function localFile(ref: ArtifactRef, place: ArtifactPlace, signal: AbortSignal): Promise<LocalFile> {
    const { id, sha256, sizeBytes } = ref;
    const { kind } = place;
    if (await isLocal(id, place)) return local.localFile(ref, place, signal);
    return inTurn(objectKeyOf(id, kind), async () => {
      const held = cache.hold(id, kind) ?? (await fetchCopy(ref, kind, signal));
      return { file: { id, path: held.path, sha256, sizeBytes }, release: held.release };
    });
  }

  /** Fetched bytes are compared with the recorded digest before anybody sees them. */
  async function fetchCopy(ref: ArtifactRef, kind: ArtifactKind, signal: AbortSignal) {
    const { id, sha256, sizeBytes } = ref;
    const found = await bucket.get(objectKeyOf(id, kind), signal);
    if (found === undefined) throw new FailureError(fail('ARTIFACT_NOT_FOUND', { artifactId: id }));
    const path = paths.newUpload(id);
    try {
      if (found.sizeBytes !== sizeBytes) throw corrupt(id);
      cache.makeRoom(sizeBytes);
      await pipeline(found.body, createWriteStream(path, { flags: 'wx', mode: 0o600, flush: true }), { signal });
      if ((await pool.digest(path)).sha256 !== sha256) throw corrupt(id);
      await cache.add(id, kind, path, sizeBytes);
    } catch (thrown) {
      found.body.destroy();
      // A full disk and an abort are named; whatever else breaks a transfer is the bucket's.
      const named = failureFrom(thrown, id);
      throw named.code === 'INTERNAL' ? bucket.failureOf('get', thrown) : new FailureError(named, { cause: thrown });
    } finally {
      await rm(path, { force: true });
    }
    return cache.hold(id, kind) as NonNullable<ReturnType<typeof cache.hold>>;
  }

  return {
    receive: (id, place, body, limits, signal) =>
      asFailure(async () => {
        const { kind } = place;
        // It may break off before anybody reads it; the reader is told then.
        body.on('error', () => undefined);
        if (await isLocal(id, place)) return local.receive(id, place, body, limits, signal);
        const path = paths.newUpload(id);
        try {
          const received = await pool.receive({ id, kind, body, ...limits }, path, signal);
          // Uploads of one id may end at once: the first is put, the next compares itself with it.
          await inTurn(objectKeyOf(id, kind), async () => {
            const stored = await bucket.head(objectKeyOf(id, kind));
            if (stored === undefined) await bucket.put(objectKeyOf(id, kind), { path, ...received }, signal);
            else if (stored.sha256 !== received.sha256)
              throw new FailureError(fail('ARTIFACT_CONFLICT', { artifactId: id }));
            await cache.add(id, kind, path, received.sizeBytes);
          });
          return { id, ...received };
        } finally {
          await rm(path, { force: true });
        }
      }),

    measure: local.measure,
    scratchPath: local.scratchPath,
    sweepScratch: local.sweepScratch,

    adopt: (id, place, file) =>
      asFailure(async () => {
        const { kind } = place;
        if (await isLocal(id, place)) return local.adopt(id, place, file);
        return inTurn(objectKeyOf(id, kind), async () => {
          const ref = { id, sha256: file.sha256, sizeBytes: file.sizeBytes };
          const path = paths.scratch(id);
          const stored = await bucket.head(objectKeyOf(id, kind));
          // Put before, and perhaps a second attempt wrote the scratch file again: the recorded digest decides.
          if (stored?.sha256 === file.sha256 && stored.sizeBytes === file.sizeBytes) {
            await rm(path, { force: true });
            return ref;
          }
          const written = await sizeOf(path);
          if (written === undefined) throw new FailureError(fail('ARTIFACT_NOT_FOUND', { artifactId: id }));
          if (written !== file.sizeBytes) throw corrupt(id);
          await bucket.put(objectKeyOf(id, kind), { path, ...file });
          await cache.add(id, kind, path, file.sizeBytes);
          return ref;
        });
      }),

    localFile: (ref, place, signal) => asFailure(() => localFile(ref, place, signal)),

    open: (ref, place, range) =>
      asFailure(async () => {
        const { file, release } = await localFile(ref, place, new AbortController().signal);
        try {
          const stream = await openForRead(file.path, ref, range);
          return stream.once('close', release);
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
  };
}

const corrupt = (id: ArtifactId) => new FailureError(fail('ARTIFACT_CORRUPT', { artifactId: id }));
