// The pool of threads that uploads run in. The main thread only forwards chunks. What they hold is read in the workers alone.
import type { Readable } from 'node:stream';
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { Piscina } from 'piscina';
import { type Outcome, valueOrThrow } from '../failures/outcome.js';
import type { ArtifactId } from '../ids.js';
import type { ArtifactFile, Measured } from '../storedBytes/storedFile.js';
import type { ReceivedFile, ReceivedRequest, RequestTask, UploadTask } from '../workers/upload/task.js';
import { workerUrl } from '../workers/workerUrl.js';
import { forwardBody } from './forwardBody.js';
import type { RequestIntake, UploadLimit } from './port.js';

export interface UploadLimits {
  /** Worker threads. One is started at once, the others when needed. */
  readonly threads: number;
  /**
   * Uploads at once over all threads, until they are stored, which the caller keeps to (`Slots`). Each costs up to 1 MiB in flight and, compressed, up to
   * 11 MiB of window.
   */
  readonly concurrent: number;
  readonly watch?: WatchUploads | undefined;
}

/** Hears of each body, to count it. */
export interface WatchUploads {
  /** `waiting`: how many uploads and comparisons wait for a thread now. */
  opened(waiting: () => number): void;
  /** So much of a body has come from its client, as sent. */
  ended(kind: UploadedKind, isWhole: boolean, bytes: number): void;
}

/** `request`: program and input in one body. */
export type UploadedKind = 'program' | 'stdin' | 'request';

export interface Upload extends UploadLimit {
  readonly id: ArtifactId;
  readonly kind: 'program' | 'stdin';
  readonly body: Readable;
}

export interface Uploads {
  /**
   * Writes the upload, decompressed and checked, into a new file. Without one it is only read. On a rejection (see
   * ArtifactBackend.receive) the file is gone.
   */
  receive(upload: Upload, file: ArtifactFile | undefined, signal: AbortSignal): Promise<ReceivedFile>;
  /** Writes the program and the input that one body holds. Rejects as `receive` does, and with MALFORMED_REQUEST. */
  receiveRequest(
    id: ArtifactId,
    body: Readable,
    files: RequestTask['files'],
    intake: Omit<RequestIntake, 'check'>,
    signal: AbortSignal,
  ): Promise<ReceivedRequest>;
  /** Reads a file through. Rejects with the error of the file system. */
  digest(file: ArtifactFile): Promise<Measured>;
  /** Ends the threads. Uploads under way fail. */
  close(): Promise<void>;
}

/** A thread that has had nothing to do for this long is ended (ms). */
const idleThreadMs = 60_000;

export function createUploads({ threads, concurrent, watch }: UploadLimits): Uploads {
  const pool = new Piscina<UploadTask | RequestTask | ArtifactFile, Outcome<ReceivedFile | ReceivedRequest> | Measured>(
    {
      filename: workerUrl(import.meta.url, '../workers/upload.worker'),
      minThreads: 1,
      maxThreads: threads,
      concurrentTasksPerWorker: Math.ceil(concurrent / threads) + 1,
      idleTimeout: idleThreadMs,
      // An idle thread that waits in Atomics.wait would not see the messages of its ports.
      atomics: 'disabled',
    },
  );
  // A thread that dies shows in the task that it ran, and the next task makes a new one; unheard, this event would end the process.
  pool.on('error', () => {});
  watch?.opened(() => pool.queueSize);

  return {
    receive: ({ id, kind, body, limitBytes, announcedBytes }, file, signal) =>
      forwarded({ id, kind, body, announcedBytes, signal, watch }, (port) => {
        const task: UploadTask = { port, file, kind, limitBytes };
        return pool.run(task, { transferList: [port] }) as Promise<Outcome<ReceivedFile>>;
      }),

    receiveRequest: (id, body, files, { form, limitBytes, announcedBytes }, signal) =>
      forwarded({ id, kind: 'request', body, announcedBytes, signal, watch }, (port) => {
        const task: RequestTask = { port, form, files, limitBytes };
        return pool.run(task, { name: 'request', transferList: [port] }) as Promise<Outcome<ReceivedRequest>>;
      }),

    digest: (file) => pool.run(file, { name: 'digest' }) as Promise<Measured>,
    close: () => pool.destroy(),
  };
}

interface Forwarding {
  readonly id: ArtifactId;
  readonly kind: UploadedKind;
  readonly body: Readable;
  readonly announcedBytes: number | undefined;
  readonly signal: AbortSignal;
  readonly watch: WatchUploads | undefined;
}

/** `begin` starts the task that reads the port. */
async function forwarded<T>(
  { id, kind, body, announcedBytes, signal, watch }: Forwarding,
  begin: (port: MessagePort) => Promise<Outcome<T>>,
): Promise<T> {
  const { port1, port2 } = new MessageChannel();
  let receivedBytes = 0;
  let isWhole = false;
  const onEnd = (bytes: number) => {
    receivedBytes = bytes;
  };
  try {
    const outcome = begin(port2);
    // When the worker gives up first, forwarding must stop. It must not wait for a client that has no reason to go on.
    const settled = new AbortController();
    const stopped = () => settled.abort();
    outcome.then(stopped, stopped);
    try {
      await forwardBody(body, port1, { id, announcedBytes, signal: AbortSignal.any([signal, settled.signal]), onEnd });
    } catch (thrown) {
      port1.close();
      const given = await outcome;
      // The worker's reason is the first cause, unless it is only the echo of ours.
      if (!given.ok && given.failure.code !== 'ABORTED') valueOrThrow(given);
      throw thrown;
    }
    const received = valueOrThrow(await outcome);
    isWhole = true;
    return received;
  } finally {
    port1.close();
    watch?.ended(kind, isWhole, receivedBytes);
  }
}
