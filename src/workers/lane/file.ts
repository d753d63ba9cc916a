// Stored files on their way to an engine: opened and measured before a byte is sent, hashed while they are read.
import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import type { StoredFile } from '../../engines/jobs.js';
import { FailureError, fail } from '../../errors.js';

/** One buffer per file and frame: large enough that system calls do not matter, small enough to have one per lane. */
const pieceBytes = 1 << 20;

/** Opens a file for reading. Throws ARTIFACT_NOT_FOUND, or ARTIFACT_CORRUPT when its length has changed. */
export async function openStored(file: StoredFile): Promise<FileHandle> {
  const handle = await open(file.path, 'r').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
    throw new FailureError(fail('ARTIFACT_NOT_FOUND', { artifactId: file.id }), { cause: error });
  });
  const { size } = await handle.stat();
  if (size === file.sizeBytes) return handle;
  await handle.close();
  throw corrupt(file);
}

/**
 * The file's bytes in order; each piece is valid until the next is asked for. The last piece comes only after the digest of the
 * whole has been found right, so an engine never sees the end of a frame with other bytes. Throws ARTIFACT_CORRUPT.
 */
export async function* storedPieces(handle: FileHandle, file: StoredFile): AsyncGenerator<Buffer, void> {
  const hash = createHash('sha256');
  const buffer = Buffer.allocUnsafeSlow(Math.min(pieceBytes, file.sizeBytes));
  let offset = 0;
  while (offset < file.sizeBytes) {
    const wanted = Math.min(buffer.length, file.sizeBytes - offset);
    const { bytesRead } = await handle.read(buffer, 0, wanted, offset);
    if (bytesRead === 0) throw corrupt(file);
    offset += bytesRead;
    const piece = buffer.subarray(0, bytesRead);
    hash.update(piece);
    if (offset === file.sizeBytes && hash.digest('hex') !== file.sha256) throw corrupt(file);
    yield piece;
  }
}

const corrupt = (file: StoredFile) => new FailureError(fail('ARTIFACT_CORRUPT', { artifactId: file.id }));
