// The artifacts of one machine, as files of a folder. An id is published by a rename of a flushed file, so a half-written one is
// never visible; unfinished files lie in a scratch folder that is swept at boot.
import { join } from 'node:path';
import { fail } from '../failures/fail.js';
import { FailureError } from '../failures/failureError.js';
import { createLayout, type Layout } from '../storedBytes/layout.js';
import { storedSize } from '../storedBytes/measureStored.js';
import { openStored } from '../storedBytes/openStored.js';
import { publish } from '../storedBytes/publish.js';
import { removeStored } from '../storedBytes/removeStored.js';
import type { ArtifactFile, Measured } from '../storedBytes/storedFile.js';
import { asFailure } from './asFailure.js';
import type { ArtifactBackend } from './port.js';
import { serialByKey } from './serialByKey.js';
import { createUploads, type UploadLimits, type Uploads } from './uploads.js';
import { withWholeBytes } from './wholeBytes.js';

/** `folder`: the data folder; `artifacts/` is made in it (0700). One process at a time may own it. */
export const createDirectoryBackend = ({
  folder,
  uploads,
}: {
  folder: string;
  uploads: UploadLimits;
}): ArtifactBackend => directoryBackendOver(createLayout(join(folder, 'artifacts')), createUploads(uploads));

/** `pool` is closed with the backend. */
export function directoryBackendOver(layout: Layout, pool: Uploads): ArtifactBackend {
  const inTurn = serialByKey();

  return withWholeBytes({
    receive: (id, { kind }, body, limits, signal, nameFile) =>
      asFailure(async () => {
        const file = layout.newUpload(id, kind);
        try {
          const received = await pool.receive({ id, kind, body, ...limits }, file, signal);
          const fileId = (await nameFile?.(received.sha256)) ?? id;
          const final = layout.final(fileId, kind);
          // Uploads of one file may end at once: the first publishes, the next compares itself with it.
          await inTurn(final.path, async () => {
            if ((await storedSize(final)) === undefined) return publish(file, final);
            const stored = await pool.digest(final);
            if (stored.sha256 !== received.sha256)
              throw new FailureError(fail('ARTIFACT_CONFLICT', { artifactId: id }));
          });
          return { id: fileId, ...received };
        } finally {
          // Gone after a rename; left over when an equal upload was there before, or when the worker's thread was lost.
          await removeStored(file);
        }
      }),

    measure: (id, { kind }, body, limits, signal) =>
      asFailure(async () => {
        const { sha256, sizeBytes } = await pool.receive({ id, kind, body, ...limits }, undefined, signal);
        return { id, sha256, sizeBytes };
      }),

    receiveRequest: (ids, body, intake, signal) =>
      asFailure(async () => {
        const files = {
          program: layout.newUpload(ids.program, 'program'),
          stdin: layout.newUpload(ids.stdin, 'stdin'),
        };
        try {
          const received = await pool.receiveRequest(ids.stdin, body, files, intake, signal);
          const { program, stdin } = received;
          await intake.check?.(received);
          // A crash in between leaves a file without a record, which the next start sweeps.
          for (const kind of ['program', 'stdin'] as const) {
            const final = layout.final(ids[kind], kind);
            await inTurn(final.path, () => publish(files[kind], final));
          }
          return { program: { id: ids.program, ...program }, stdin: { id: ids.stdin, ...stdin } };
        } finally {
          await removeStored(files.program);
          await removeStored(files.stdin);
        }
      }),

    output: layout.output,

    adopt: (id, { kind }, made) =>
      asFailure(async () => {
        const output = layout.output(id, kind);
        const final = layout.final(id, kind);
        await inTurn(final.path, async () => {
          const [written, adopted] = await Promise.all([storedSize(output), storedSize(final)]);
          // Adopted before, and perhaps a second attempt wrote the output again: the recorded digest decides.
          if (adopted === made.sizeBytes && (await hasDigest(final, made))) return removeStored(output);
          if (written === undefined) throw new FailureError(fail('ARTIFACT_NOT_FOUND', { artifactId: id }));
          if (written !== made.sizeBytes) throw new FailureError(fail('ARTIFACT_CORRUPT', { artifactId: id }));
          return publish(output, final);
        });
        return { id, sha256: made.sha256, sizeBytes: made.sizeBytes };
      }),

    localFile: async ({ id, sha256, sizeBytes }, { kind }) => ({
      file: { ...layout.final(id, kind), sha256, sizeBytes },
      // It is deleted only when its record is gone, and then it is not needed.
      release: () => undefined,
    }),

    open: (ref, { kind }, range) =>
      asFailure(async () => (await openStored({ ...ref, ...layout.final(ref.id, kind) })).stream(range)),

    remove: (id, { kind }) => asFailure(() => removeStored(layout.final(id, kind))),

    async *list(kind) {
      for await (const id of layout.list(kind)) yield { id, place: { kind, private: true } };
    },

    sweepScratch: layout.sweepScratch,
    scratch: layout.scratch,
    close: () => pool.close(),
  });

  async function hasDigest(file: ArtifactFile, { sha256 }: Measured): Promise<boolean> {
    return (await pool.digest(file)).sha256 === sha256;
  }
}
