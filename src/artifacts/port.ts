// What the rest of the service may do with stored bytes. Backends: `directory.ts`, `s3/backend.ts`.
import type { Readable } from 'node:stream';
import type { ArtifactId, Sha256 } from '../ids.js';
import type { ElfFacts } from '../store/buckets.js';
import type { ArtifactFile, ArtifactKind, Measured, StoredFile } from '../storedBytes/storedFile.js';
import type { ReceivedRequest, RequestTask } from '../workers/upload/task.js';

/** How bytes are named outside of their backend: plain data, in contexts and records. */
export interface ArtifactRef {
  readonly id: ArtifactId;
  readonly sha256: Sha256;
  readonly sizeBytes: number;
}

/** What decides where a backend keeps an artifact: a private one never leaves this machine. */
export interface ArtifactPlace {
  readonly kind: ArtifactKind;
  readonly private: boolean;
}

export interface UploadPlace extends ArtifactPlace {
  readonly kind: 'program' | 'stdin';
}

/** A file that stays where it is until it is released, once. */
export interface LocalFile {
  readonly file: StoredFile;
  release(): void;
}

/** What an upload has brought. */
export interface ReceivedArtifact extends ArtifactRef {
  /** Of a program. */
  readonly elf?: ElfFacts;
}

export interface UploadLimit {
  /** Of the decompressed bytes. */
  readonly limitBytes: number;
  /** Of the body as sent. Undefined when the client did not say. */
  readonly announcedBytes: number | undefined;
}

/**
 * How many bytes a body may have as sent when its raw bytes are limited. zstd makes incompressible bytes longer by a block header per
 * 128 KiB and one frame header. This is far above both.
 */
export const encodedLimit = (limitBytes: number): number => limitBytes + limitBytes / 1024 + 1024;

/** Of one body that holds a program and an input. */
export interface RequestIntake extends Pick<UploadLimit, 'announcedBytes'> {
  readonly form: RequestTask['form'];
  readonly limitBytes: Readonly<Record<'program' | 'stdin', number>>;
  /** Asked when all of it has come. Where it rejects, nothing is kept. */
  readonly check?: (received: ReceivedRequest) => Promise<void>;
}

/** Under which id received bytes are kept, by their digest. */
export type NameFile = (sha256: Sha256) => Promise<ArtifactId>;

/** Bytes of a kind, addressed by id. Nothing half-written is ever visible under an id. */
export interface ArtifactBackend {
  /**
   * Streams an upload in: raw or one zstd frame (decompressed while streaming), at most `limitBytes` decompressed, well-formed for
   * its kind. Durable and visible under `id` when it resolves. On any failure nothing of it is left.
   * Fails with ARTIFACT_TOO_LARGE, ARTIFACT_MALFORMED, ARTIFACT_INCOMPLETE, DISK_FULL or ABORTED. The same id may be received again
   * with equal bytes. Other bytes are ARTIFACT_CONFLICT.
   * `nameFile` is asked when the digest is known, and answers the id under which the bytes are kept in place of `id`.
   */
  receive(
    id: ArtifactId,
    place: UploadPlace,
    body: Readable,
    limits: UploadLimit,
    signal: AbortSignal,
    nameFile?: NameFile,
  ): Promise<ReceivedArtifact>;
  /**
   * Takes a program and an input out of one body, and keeps both on this machine. Neither is visible unless both are. Fails as
   * `receive` does, and with MALFORMED_REQUEST and ELF_CLASS_MISMATCH.
   */
  receiveRequest(
    ids: Readonly<Record<'program' | 'stdin', ArtifactId>>,
    body: Readable,
    intake: RequestIntake,
    signal: AbortSignal,
  ): Promise<Readonly<Record<'program' | 'stdin', ReceivedArtifact>>>;
  /** Reads an upload through as `receive` does, and keeps nothing of it: to compare it with bytes that are gone. */
  measure(
    id: ArtifactId,
    place: UploadPlace,
    body: Readable,
    limits: UploadLimit,
    signal: AbortSignal,
  ): Promise<ArtifactRef>;
  /** What a lane's worker writes an output of its own into: the same for an id, so that an attempt that runs again overwrites itself. */
  output(id: ArtifactId, kind: ArtifactKind): ArtifactFile;
  /** Makes the finished `output(id, place.kind)` visible under `id`. Idempotent: it may have been adopted before a crash. */
  adopt(id: ArtifactId, place: ArtifactPlace, file: Measured): Promise<ArtifactRef>;
  /** Keeps bytes of ours under `id`, in place of what an earlier attempt has left there. For small ones: this thread writes them. */
  put(id: ArtifactId, place: ArtifactPlace, bytes: Uint8Array): Promise<ArtifactRef>;
  /** All bytes of a small artifact. Fails with ARTIFACT_NOT_FOUND, and with ARTIFACT_CORRUPT for others than were recorded. */
  read(ref: ArtifactRef, place: ArtifactPlace): Promise<Buffer>;
  /** A local file that lanes can read. A backend that has nothing to fetch leaves it to them to find that it is missing. */
  localFile(ref: ArtifactRef, place: ArtifactPlace, signal: AbortSignal): Promise<LocalFile>;
  /** Opens bytes `start` to `end` (inclusive) for download. Fails with ARTIFACT_NOT_FOUND. */
  open(ref: ArtifactRef, place: ArtifactPlace, range?: { start: number; end: number }): Promise<Readable>;
  /** Idempotent. */
  remove(id: ArtifactId, place: ArtifactPlace): Promise<void>;
  /** What is present under a kind, and where: the boot sweep compares it with the records. */
  list(kind: ArtifactKind): AsyncIterable<{ readonly id: ArtifactId; readonly place: ArtifactPlace }>;
  /** Removes leftovers of uploads and attempts that a crash interrupted. Called once at boot, before anything is received. */
  sweepScratch(keep: (id: ArtifactId) => boolean): Promise<void>;
  /** How much lies unfinished: uploads and outputs under way, and what attempts have left that the next start looks at. */
  scratch(): Promise<{ readonly files: number; readonly bytes: number }>;
  close(): Promise<void>;
}
