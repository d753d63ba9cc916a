// The artifacts of one machine, as files of a folder. An id is published by a rename of a flushed file, so a half-written one is
// never visible; unfinished files lie in a scratch folder that is swept at boot.
import { opendir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ProvenFile } from '../engines/jobs.js';
import { FailureError, fail } from '../errors.js';
import { asFailure, openForRead, sizeOf } from './files.js';
import { type ArtifactPaths, createArtifactPaths, idOfFile } from './paths.js';
import type { ArtifactBackend } from './port.js';
import { publish } from './publish.js';
import { turns } from './turns.js';
import { createUploads, type UploadLimits, type Uploads } from './uploads.js';

/** `folder`: the data folder; `artifacts/` is made in it (0700). One process at a time may own it. */
export const createDirectoryBackend = ({
  folder,
  uploads,
}: {
  folder: string;
  uploads: UploadLimits;
}): ArtifactBackend => directoryBackendOver(createArtifactPaths(join(folder, 'artifacts')), createUploads(uploads));

/** `pool` is closed with the backend. */
export function directoryBackendOver(paths: ArtifactPaths, pool: Uploads): ArtifactBackend {
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
