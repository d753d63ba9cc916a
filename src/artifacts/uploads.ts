// The pool of threads that uploads run in. The main thread only forwards chunks; what they hold is read in the workers alone.
import type { Readable } from 'node:stream';
import { MessageChannel } from 'node:worker_threads';
import { Piscina } from 'piscina';
import type { ProvenFile } from '../engines/jobs.js';
import { type Outcome, valueOrThrow } from '../errors.js';
import type { ArtifactId } from '../ids.js';
import type { ReceivedFile, UploadTask } from '../workers/upload/task.js';
import { workerUrl } from '../workers/workerUrl.js';
import { forwardBody } from './forwardBody.js';
import type { UploadLimit } from './port.js';

export interface UploadLimits {
  /** Worker threads; one is started at once, the others when needed. */
  readonly threads: number;
  /**
   * Uploads at once over all threads, until they are stored, which the caller keeps to (`Slots`). Each costs up to 1 MiB in flight and, compressed, up to
   * 11 MiB of window.
   */
  readonly concurrent: number;
}

export interface Upload extends UploadLimit {
  readonly id: ArtifactId;
  readonly kind: 'program' | 'stdin';
  readonly body: Readable;
}

export interface Uploads {
  /**
   * Writes the upload, decompressed and checked, into the new file `path`; without one it is only read. On a rejection (see
   * ArtifactBackend.receive) the file is gone.
   */
  receive(upload: Upload, path: string | undefined, signal: AbortSignal): Promise<ReceivedFile>;
  /** Reads a file through. Rejects with the error of the file system. */
  digest(path: string): Promise<ProvenFile>;
  /** Ends the threads; uploads under way fail. */
  close(): Promise<void>;
}

/** A thread that has had nothing to do for this long is ended (ms). */
const idleThreadMs = 60_000;

export function createUploads({ threads, concurrent }: UploadLimits): Uploads {
  const pool = new Piscina<UploadTask | string, Outcome<ReceivedFile> | ProvenFile>({
    filename: workerUrl(import.meta.url, '../workers/upload.worker'),
    minThreads: 1,
    maxThreads: threads,
    concurrentTasksPerWorker: Math.ceil(concurrent / threads) + 1,
    idleTimeout: idleThreadMs,
    // An idle thread that waits in Atomics.wait would not see the messages of its ports.
    atomics: 'disabled',
  });

  return {
    async receive({ id, kind, body, limitBytes, announcedBytes }, path, signal) {
      const { port1, port2 } = new MessageChannel();
      try {
        const task: UploadTask = { port: port2, path, kind, limitBytes };
        const outcome = pool.run(task, { transferList: [port2] }) as Promise<Outcome<ReceivedFile>>;
        // When the worker gives up first, forwarding must stop; it must not wait for a client that has no reason to go on.
        const settled = new AbortController();
        const stopped = () => settled.abort();
        outcome.then(stopped, stopped);
        try {
          await forwardBody(body, port1, { id, announcedBytes, signal: AbortSignal.any([signal, settled.signal]) });
        } catch (thrown) {
          port1.close();
          const given = await outcome;
          // The worker's reason is the first cause, unless it is only the echo of ours.
          if (!given.ok && given.failure.code !== 'ABORTED') valueOrThrow(given);
          throw thrown;
        }
        return valueOrThrow(await outcome);
      } finally {
        port1.close();
      }
    },
    digest: (path) => pool.run(path, { name: 'digest' }) as Promise<ProvenFile>,
    close: () => pool.destroy(),
  };
}
