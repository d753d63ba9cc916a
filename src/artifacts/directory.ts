// The artifacts of one machine, as files of a folder. An id is published by a rename of a flushed file, so a half-written one is
// never visible; unfinished files lie in a scratch folder that is swept at boot.
import { randomUUID } from 'node:crypto';
import { type FileHandle, open, opendir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import type { ProvenFile } from '../engines/jobs.js';
import { FailureError, fail, failureFrom } from '../errors.js';
import { createArtifactPaths, idOfFile } from './paths.js';
import type { ArtifactBackend, ArtifactRef } from './port.js';
import { publish } from './publish.js';
import { createUploads, type UploadLimits } from './uploads.js';

/** `folder`: the data folder; `artifacts/` is made in it (0700). One process at a time may own it. */
export function createDirectoryBackend({
  folder,
  uploads,
}: {
  folder: string;
  uploads: UploadLimits;
}): ArtifactBackend {
  const paths = createArtifactPaths(folder);
  const pool = createUploads(uploads);
  const inTurn = turns();

  return {
    receive: (id, { kind }, body, limits, signal) =>
      asFailure(async () => {
        const path = paths.newUpload(id);
        const final = paths.final(id, kind);
        try {
          const received = await pool.receive({ id, kind, body, ...limits }, path, signal);
          // Uploads of one id may end at once: the first publishes, the next compares itself with it.
          await inTurn(final, async () => {
            if ((await sizeOf(final)) === undefined) return publish(path, final);
            const stored = await pool.digest(final);
            if (stored.sha256 !== received.sha256)
              throw new FailureError(fail('ARTIFACT_CONFLICT', { artifactId: id }));
          });
          return { id, ...received };
        } finally {
          // Gone after a rename; left over when an equal upload was there before, or when the worker's thread was lost.
          await rm(path, { force: true });
        }
      }),

    measure: (id, { kind }, body, limits, signal) =>
      asFailure(async () => {
        const { sha256, sizeBytes } = await pool.receive({ id, kind, body, ...limits }, undefined, signal);
        return { id, sha256, sizeBytes };
      }),

    scratchPath: (id) => paths.scratch(id),

    adopt: (id, { kind }, file) =>
      asFailure(async () => {
        const scratch = paths.scratch(id);
        const final = paths.final(id, kind);
        await inTurn(final, async () => {
          const [written, adopted] = await Promise.all([sizeOf(scratch), sizeOf(final)]);
          // Adopted before, and perhaps a second attempt wrote the scratch file again: the recorded digest decides.
          if (adopted === file.sizeBytes && (await hasDigest(final, file))) return rm(scratch, { force: true });
          if (written === undefined) throw new FailureError(fail('ARTIFACT_NOT_FOUND', { artifactId: id }));
          if (written !== file.sizeBytes) throw new FailureError(fail('ARTIFACT_CORRUPT', { artifactId: id }));
          return publish(scratch, final);
        });
        return { id, sha256: file.sha256, sizeBytes: file.sizeBytes };
      }),

    localFile: async ({ id, sha256, sizeBytes }, { kind }) => ({
      file: { id, path: paths.final(id, kind), sha256, sizeBytes },
      // It is deleted only when its record is gone, and then nobody needs it.
      release: () => undefined,
    }),

    open: (ref, { kind }, range) => asFailure(() => openForRead(paths.final(ref.id, kind), ref, range)),

    remove: (id, { kind }) => asFailure(() => rm(paths.final(id, kind), { force: true })),

    async *list(kind) {
      for await (const shelf of await opendir(paths.kindFolder(kind))) {
        for (const name of await readdir(join(paths.kindFolder(kind), shelf.name))) {
          const id = idOfFile(name);
          if (id !== undefined) yield { id, place: { kind, private: true } };
        }
      }
    },

    async sweepScratch(keep) {
      for (const name of await readdir(paths.scratchFolder)) {
        const id = idOfFile(name);
        if (id === undefined || !keep(id)) await rm(join(paths.scratchFolder, name), { force: true });
      }
    },

    close: () => pool.close(),
  };

  async function hasDigest(path: string, file: ProvenFile): Promise<boolean> {
    return (await pool.digest(path)).sha256 === file.sha256;
  }
}

async function openForRead(path: string, ref: ArtifactRef, range?: { start: number; end: number }): Promise<Readable> {
  let handle: FileHandle;
  try {
    handle = await open(path, 'r');
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== 'ENOENT') throw thrown;
    throw new FailureError(fail('ARTIFACT_NOT_FOUND', { artifactId: ref.id }), { cause: thrown });
  }
  const { size } = await handle.stat();
  if (size === ref.sizeBytes) return handle.createReadStream(range);
  await handle.close();
  throw new FailureError(fail('ARTIFACT_CORRUPT', { artifactId: ref.id }));
}

/** Undefined when there is no such file. */
async function sizeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size;
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw thrown;
  }
}

/** Foreign errors become Failures here, at the edge to the file system. */
async function asFailure<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    if (thrown instanceof FailureError) throw thrown;
    throw new FailureError(failureFrom(thrown, randomUUID()), { cause: thrown });
  }
}

/** Runs work on one key after the other, in order of arrival. */
function turns(): (key: string, work: () => Promise<void>) => Promise<void> {
  const last = new Map<string, Promise<void>>();
  return async (key, work) => {
    const mine = (last.get(key) ?? Promise.resolve()).then(work);
    // The next in turn starts whether this one succeeds or not.
    const settled = mine.catch(() => undefined);
    last.set(key, settled);
    try {
      await mine;
    } finally {
      if (last.get(key) === settled) last.delete(key);
    }
  };
}
