// What the main thread and an upload's worker say to each other. Bodies travel as transferred chunks with a credit window, so that
// neither side ever holds much of an upload.
import type { MessagePort } from 'node:worker_threads';
import type { ElfFacts } from '../../store/buckets.js';
import type { ArtifactFile, Measured } from '../../storedBytes/storedFile.js';

export interface UploadTask {
  /** Carries `UploadInput` to the worker and `UploadCredit` back. Closing it abandons the upload. */
  readonly port: MessagePort;
  /** A new file that the worker creates, and removes again unless it succeeds. Undefined: the upload is only read. */
  readonly file: ArtifactFile | undefined;
  readonly kind: 'program' | 'stdin';
  /** Of the decompressed bytes. */
  readonly limitBytes: number;
}

/** Beside program and input, what a request for a second factor says. */
export interface SecondFactorFacts {
  /** What was signed, in hex. */
  readonly id: string;
  /** u64 in decimal. */
  readonly cycleLimit: string;
  /** r ‖ s ‖ v with v 27 or 28, in hex. */
  readonly signature: string;
}

/** One body that holds a program and an input: `teeRequest.ts`, `secondFactorRequest.ts`. */
export interface RequestTask {
  readonly port: MessagePort;
  readonly form: 'json' | 'secondFactor';
  /** New files, as that of an upload. */
  readonly files: { readonly program: ArtifactFile; readonly stdin: ArtifactFile };
  readonly limitBytes: Readonly<Record<'program' | 'stdin', number>>;
}

export interface ReceivedRequest {
  readonly program: ReceivedFile;
  readonly stdin: ReceivedFile;
  /** Of that form. */
  readonly facts?: SecondFactorFacts;
}

/** A finished upload. */
export interface ReceivedFile extends Measured {
  /** Of a program. */
  readonly elf?: ElfFacts;
}

/** A chunk owns its whole buffer, and was transferred. `end`: the body is complete. */
export type UploadInput = { readonly chunk: Uint8Array<ArrayBuffer> } | 'end';

/** The worker is done with this many bytes of the body: they may be followed by as many. */
export interface UploadCredit {
  readonly consumedBytes: number;
}
