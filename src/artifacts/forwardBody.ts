// Moves a body from its stream to an upload's worker: transfers what it can, and never lets more than a window be under way.
import type { Readable } from 'node:stream';
import type { MessagePort } from 'node:worker_threads';
import { fail } from '../failures/fail.js';
import { FailureError } from '../failures/failureError.js';
import type { ArtifactId } from '../ids.js';
import type { UploadCredit, UploadInput } from '../workers/upload/task.js';

/** Enough to keep the worker busy while a message comes back, and little beside the 64 MB that an upload may cost. */
const windowBytes = 1024 * 1024;

/**
 * Sends `body` and its end to `port`. Leaves the stream paused and without our listeners when it settles. It does not destroy it,
 * because an answer may still have to go out on its connection. Rejects with ARTIFACT_INCOMPLETE when the body breaks off or is not
 * as long as announced, and with ABORTED by the signal.
 */
export function forwardBody(
  body: Readable,
  port: MessagePort,
  {
    id,
    announcedBytes,
    signal,
    onEnd,
  }: {
    readonly id: ArtifactId;
    readonly announcedBytes: number | undefined;
    readonly signal: AbortSignal;
    /** Told how much has come, before the promise settles. */
    readonly onEnd: (receivedBytes: number) => void;
  },
): Promise<void> {
  const { promise, settle } = deferred();
  let underWayBytes = 0;
  let receivedBytes = 0;

  const give = (chunk: Uint8Array) => {
    receivedBytes += chunk.byteLength;
    underWayBytes += chunk.byteLength;
    const bytes = owned(chunk);
    port.postMessage({ chunk: bytes } satisfies UploadInput, [bytes.buffer]);
    if (underWayBytes >= windowBytes) body.pause();
  };
  const credit = ({ consumedBytes }: UploadCredit) => {
    underWayBytes -= consumedBytes;
    if (underWayBytes < windowBytes && body.isPaused()) body.resume();
  };
  const incomplete = () => settle(fail('ARTIFACT_INCOMPLETE', { artifactId: id, receivedBytes }));
  const end = () => {
    if (announcedBytes !== undefined && receivedBytes !== announcedBytes) return incomplete();
    port.postMessage('end' satisfies UploadInput);
    settle(undefined);
  };
  const abort = () => settle(fail('ABORTED'));

  port.on('message', credit);
  body.on('data', give).on('end', end).on('error', incomplete).on('close', incomplete);
  signal.addEventListener('abort', abort);
  if (signal.aborted) abort();
  // An empty body may have ended before there was a listener.
  else if (body.readableEnded) end();
  else if (body.destroyed) incomplete();
  return promise.finally(() => {
    signal.removeEventListener('abort', abort);
    body.off('data', give).off('end', end).off('close', incomplete);
    // A late error of a stream that is no longer read must not end the process.
    body.off('error', incomplete).on('error', () => undefined);
    body.pause();
    port.off('message', credit);
    onEnd(receivedBytes);
  });
}

/** The chunk itself when it owns its whole memory, or a copy when it shares it (Node's pool, a slab of several chunks). */
function owned(chunk: Uint8Array): Uint8Array<ArrayBuffer> {
  const { buffer, byteOffset, byteLength } = chunk;
  const isWhole = byteOffset === 0 && byteLength === buffer.byteLength && buffer instanceof ArrayBuffer;
  return isWhole ? (chunk as Uint8Array<ArrayBuffer>) : new Uint8Array(chunk);
}

type Settle = (failure: ConstructorParameters<typeof FailureError>[0] | undefined) => void;

function deferred(): { promise: Promise<void>; settle: Settle } {
  let settle: Settle = () => undefined;
  const promise = new Promise<void>((resolve, reject) => {
    settle = (failure) => (failure === undefined ? resolve() : reject(new FailureError(failure)));
  });
  return { promise, settle };
}
