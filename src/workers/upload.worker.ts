// Piscina entry: takes one upload from a port to a finished, flushed, checked file. Several uploads share a thread.
import { createHash, randomUUID } from 'node:crypto';
import { on } from 'node:events';
import { createReadStream } from 'node:fs';
import type { ProvenFile } from '../engines/jobs.js';
import { FailureError, fail, failed, failureFrom, type Outcome, succeeded } from '../errors.js';
import type { Sha256 } from '../ids.js';
import { UploadBody } from './upload/body.js';
import { UploadFile } from './upload/file.js';
import { MalformedError } from './upload/malformed.js';
import { release } from './upload/release.js';
import type { ReceivedFile, UploadCredit, UploadInput, UploadTask } from './upload/task.js';

/** Fails with ARTIFACT_TOO_LARGE, ARTIFACT_MALFORMED, DISK_FULL, or ABORTED when the port closes; then the file is gone. */
export default async function upload(task: UploadTask): Promise<Outcome<ReceivedFile>> {
  try {
    const file = new UploadFile(task.path, task.kind, task.limitBytes);
    try {
      await receive(task, file);
      return succeeded(await file.finish());
    } catch (thrown) {
      file.discard();
      throw thrown;
    }
  } catch (thrown) {
    if (thrown instanceof MalformedError)
      return failed(fail('ARTIFACT_MALFORMED', { kind: task.kind, problem: thrown.problem }));
    return failed(failureFrom(thrown, randomUUID()));
  } finally {
    task.port.close();
  }
}

async function receive({ port }: UploadTask, file: UploadFile): Promise<void> {
  const body = new UploadBody((raw) => file.append(raw));
  try {
    for await (const [input] of on(port, 'message', { close: ['close'] }) as AsyncIterable<[UploadInput]>) {
      if (input === 'end') return await body.end();
      const consumedBytes = input.chunk.byteLength;
      await body.push(input.chunk);
      release(input.chunk);
      port.postMessage({ consumedBytes } satisfies UploadCredit);
    }
    throw new FailureError(fail('ABORTED'));
  } finally {
    body.close();
  }
}

/** Digest and size of a file as it lies on disk. Rejects with the error of the file system. */
export async function digest(path: string): Promise<ProvenFile> {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: 256 * 1024 }) as AsyncIterable<Buffer>) {
    hash.update(chunk);
    sizeBytes += chunk.byteLength;
  }
  return { sha256: hash.digest('hex') as Sha256, sizeBytes };
}
