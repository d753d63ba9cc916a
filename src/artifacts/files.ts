// Files of backends: reading them, and the edge at which the file system's errors become Failures.
import { randomUUID } from 'node:crypto';
import { type FileHandle, open, stat } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { FailureError, fail, failureFrom } from '../errors.js';
import type { ArtifactRef } from './port.js';

/** Fails with ARTIFACT_NOT_FOUND, or ARTIFACT_CORRUPT when it has another size than was recorded. */
export async function openForRead(
  path: string,
  ref: ArtifactRef,
  range?: { start: number; end: number },
): Promise<Readable> {
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
export async function sizeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size;
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw thrown;
  }
}

/** Foreign errors become Failures here, at the edge to the file system. */
export async function asFailure<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    if (thrown instanceof FailureError) throw thrown;
    throw new FailureError(failureFrom(thrown, randomUUID()), { cause: thrown });
  }
}
