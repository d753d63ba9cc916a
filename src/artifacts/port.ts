// What the rest of the service may do with stored bytes. Backends: `directory.ts`.
import type { Readable } from 'node:stream';
import type { ProvenFile, StoredFile } from '../engines/jobs.js';
import type { ArtifactId, Sha256 } from '../ids.js';
import type { ElfFacts } from '../store/buckets.js';

export const artifactKinds = ['program', 'stdin', 'proof'] as const;
export type ArtifactKind = (typeof artifactKinds)[number];

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
  /** Of the body as sent; undefined when the client did not say. */
  readonly announcedBytes: number | undefined;
}

/** Bytes of a kind, addressed by id. Nothing half-written is ever visible under an id. */
export interface ArtifactBackend {
  /**
   * Streams an upload in: raw or one zstd frame (decompressed while streaming), at most `limitBytes` decompressed, well-formed for
   * its kind. Durable and visible under `id` when it resolves; on any failure nothing of it is left.
   * Fails with ARTIFACT_TOO_LARGE, ARTIFACT_MALFORMED, ARTIFACT_INCOMPLETE, DISK_FULL or ABORTED. The same id may be received again
   * with equal bytes; other bytes are ARTIFACT_CONFLICT.
   */
  receive(
    id: ArtifactId,
    place: UploadPlace,
    body: Readable,
    limits: UploadLimit,
    signal: AbortSignal,
  ): Promise<ReceivedArtifact>;
  /** Reads an upload through as `receive` does, and keeps nothing of it: to compare it with bytes that are gone. */
  measure(
    id: ArtifactId,
    place: UploadPlace,
    body: Readable,
    limits: UploadLimit,
    signal: AbortSignal,
  ): Promise<ArtifactRef>;
  /** Where a lane's worker writes an output of its own; deterministic per id, so that an attempt that runs again overwrites itself. */
  scratchPath(id: ArtifactId): string;
  /** Makes the finished file at `scratchPath(id)` visible under `id`. Idempotent: it may have been adopted before a crash. */
  adopt(id: ArtifactId, place: ArtifactPlace, file: ProvenFile): Promise<ArtifactRef>;
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
  close(): Promise<void>;
}
