// What the main thread and an upload's worker say to each other. Bodies travel as transferred chunks with a credit window, so that
// neither side ever holds much of an upload.
import type { MessagePort } from 'node:worker_threads';
import type { ProvenFile } from '../../engines/jobs.js';
import type { ElfFacts } from '../../store/buckets.js';

export interface UploadTask {
  /** Carries `UploadInput` to the worker and `UploadCredit` back. Closing it abandons the upload. */
  readonly port: MessagePort;
  /** A new file that the worker creates, and removes again unless it succeeds. Undefined: the upload is only read. */
  readonly path: string | undefined;
  readonly kind: 'program' | 'stdin';
  /** Of the decompressed bytes. */
  readonly limitBytes: number;
}

/** A finished upload. */
export interface ReceivedFile extends ProvenFile {
  /** Of a program. */
  readonly elf?: ElfFacts;
}

/** A chunk owns its whole buffer, and was transferred. `end`: the body is complete. */
export type UploadInput = { readonly chunk: Uint8Array<ArrayBuffer> } | 'end';

/** The worker is done with this many bytes of the body: they may be followed by as many. */
export interface UploadCredit {
  readonly consumedBytes: number;
}
