// Stored bytes on their way out: opened and measured before a byte is read, whole and hashed for an engine, in ranges for a download.
import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { fail } from '../failures/fail.js';
import { FailureError } from '../failures/failureError.js';
import type { StoredFile } from './storedFile.js';

/** One buffer per file and frame: large enough that system calls do not matter, small enough to have one per lane. */
const pieceBytes = 1 << 20;

export interface StoredReader {
  /** Bytes `start` to `end` (inclusive), or all. Nothing is compared with the digest. The reader is closed when the stream is. */
  stream(range?: { start: number; end: number }): Readable;
  /**
   * All bytes in order. Each piece is valid until the next is asked for. The last piece comes only after the digest of the whole has
   * been found right, so an engine never sees the end of a frame with other bytes. Throws ARTIFACT_CORRUPT.
   */
  pieces(): AsyncGenerator<Buffer, void>;
  close(): Promise<void>;
}

/** Rejects with ARTIFACT_NOT_FOUND, or with ARTIFACT_CORRUPT when there are more or fewer bytes than were recorded. */
export async function openStored(file: StoredFile): Promise<StoredReader> {
  const handle = await open(file.path, 'r').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
    throw new FailureError(fail('ARTIFACT_NOT_FOUND', { artifactId: file.id }), { cause: error });
  });
  const { size } = await handle.stat();
  if (size !== file.sizeBytes) {
    await handle.close();
    throw corrupt(file);
  }
  return {
    stream: (range) => handle.createReadStream(range),
    pieces: () => piecesOf(handle, file),
    close: () => handle.close(),
  };
}

async function* piecesOf(handle: FileHandle, file: StoredFile): AsyncGenerator<Buffer, void> {
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

const corrupt = ({ id }: StoredFile) => new FailureError(fail('ARTIFACT_CORRUPT', { artifactId: id }));
