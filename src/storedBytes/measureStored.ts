// What the bytes of a file are now, whatever was recorded of them.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { Sha256 } from '../ids.js';
import type { ArtifactFile, Measured } from './storedFile.js';

/** Reads the file through, so it belongs on worker threads. Rejects with the error of the file system. */
export async function measureStored(file: ArtifactFile): Promise<Measured> {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  for await (const chunk of createReadStream(file.path, { highWaterMark: 256 * 1024 }) as AsyncIterable<Buffer>) {
    hash.update(chunk);
    sizeBytes += chunk.byteLength;
  }
  return { sha256: hash.digest('hex') as Sha256, sizeBytes };
}

/** How many bytes there are. Undefined when there is no such file. */
export async function storedSize(file: ArtifactFile): Promise<number | undefined> {
  try {
    return (await stat(file.path)).size;
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw thrown;
  }
}
