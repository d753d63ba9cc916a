// Whole files to another store and back, in the form in which they lie on disk.
import { createWriteStream } from 'node:fs';
import { open } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ArtifactFile, Measured, StoredFile } from './storedFile.js';

/** What is to be sent, byte for byte. */
export interface OutgoingCopy extends Measured {
  readonly body: Readable;
}

/** Rejects with the error of the file system. The file is closed when the body is. */
export async function copyOut({ path, sha256, sizeBytes }: StoredFile): Promise<OutgoingCopy> {
  const handle = await open(path, 'r');
  return { body: handle.createReadStream(), sha256, sizeBytes };
}

/**
 * Writes a new file from what another store has kept of `copyOut`, and flushes it. `through` sees all bytes on their way. On a rejection a
 * part of it may be left.
 */
export const copyIn = (
  file: ArtifactFile,
  body: Readable,
  signal: AbortSignal,
  through?: (chunks: AsyncIterable<Buffer>) => AsyncIterable<Buffer>,
): Promise<void> => {
  const to = createWriteStream(file.path, { flags: 'wx', mode: 0o600, flush: true });
  return through === undefined ? pipeline(body, to, { signal }) : pipeline(body, through, to, { signal });
};
