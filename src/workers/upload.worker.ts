// Piscina entry: takes one upload from a port to a finished, flushed, checked file. Several uploads share a thread.
import { on } from 'node:events';
import type { MessagePort } from 'node:worker_threads';
import { fail } from '../failures/fail.js';
import { FailureError } from '../failures/failureError.js';
import { failureFrom } from '../failures/failureFrom.js';
import { failed, type Outcome, succeeded } from '../failures/outcome.js';
import { systemRandom, uuidOf } from '../random.js';
import { measureStored } from '../storedBytes/measureStored.js';
import type { ArtifactFile, Measured } from '../storedBytes/storedFile.js';
import { MalformedError } from './malformed.js';
import { UploadBody } from './upload/body.js';
import { UploadFile } from './upload/file.js';
import { SecondFactorRequestFiles } from './upload/secondFactorRequest.js';
import type {
  ReceivedFile,
  ReceivedRequest,
  RequestTask,
  UploadCredit,
  UploadInput,
  UploadTask,
} from './upload/task.js';
import { PartError, TeeRequestFiles } from './upload/teeRequest.js';

/** Fails with ARTIFACT_TOO_LARGE, ARTIFACT_MALFORMED, DISK_FULL, or ABORTED when the port closes. The file is gone then. */
export default async function upload(task: UploadTask): Promise<Outcome<ReceivedFile>> {
  try {
    const file = new UploadFile(task.file, task.kind, task.limitBytes);
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
    return failed(failureFrom(thrown, uuidOf(systemRandom)));
  } finally {
    task.port.close();
  }
}

async function receive({ port }: UploadTask, file: UploadFile): Promise<void> {
  const body = new UploadBody((raw) => file.append(raw));
  try {
    await readPieces(port, (piece) => body.push(piece));
    await body.end();
  } finally {
    body.close();
  }
}

/** All pieces of a body, to its end. Rejects with ABORTED when the port closes before. */
async function readPieces(port: MessagePort, take: (piece: Uint8Array) => Promise<void> | void): Promise<void> {
  for await (const [input] of on(port, 'message', { close: ['close'] }) as AsyncIterable<[UploadInput]>) {
    if (input === 'end') return;
    const consumedBytes = input.chunk.byteLength;
    await take(input.chunk);
    // Chunks are small objects that own much memory outside of the heap: left to the garbage collector they pile up.
    input.chunk.buffer.transfer(0);
    port.postMessage({ consumedBytes } satisfies UploadCredit);
  }
  throw new FailureError(fail('ABORTED'));
}

/** A program and an input from one body. Fails as `upload` does, and with MALFORMED_REQUEST for what is around both. Both files are gone then. */
export async function request({ port, form, files, limitBytes }: RequestTask): Promise<Outcome<ReceivedRequest>> {
  try {
    const parts =
      form === 'json' ? new TeeRequestFiles(files, limitBytes) : new SecondFactorRequestFiles(files, limitBytes);
    try {
      await readPieces(port, (piece) => parts.push(piece));
      return succeeded(await parts.finish());
    } catch (thrown) {
      parts.discard();
      throw thrown;
    }
  } catch (thrown) {
    if (thrown instanceof MalformedError)
      return failed(fail('MALFORMED_REQUEST', { field: 'body', problem: thrown.problem }));
    if (thrown instanceof PartError)
      return failed(fail('ARTIFACT_MALFORMED', { kind: thrown.part, problem: thrown.problem }));
    return failed(failureFrom(thrown, uuidOf(systemRandom)));
  } finally {
    port.close();
  }
}

/** Digest and size of a file as it lies on disk. Rejects with the error of the file system. */
export const digest = (file: ArtifactFile): Promise<Measured> => measureStored(file);
