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
    kind: 'program' | 'stdin',
    body: Readable,
    limits: UploadLimit,
    signal: AbortSignal,
  ): Promise<ReceivedArtifact>;
  /** Reads an upload through as `receive` does, and keeps nothing of it: to compare it with bytes that are gone. */
  measure(
    id: ArtifactId,
    kind: 'program' | 'stdin',
    body: Readable,
    limits: UploadLimit,
    signal: AbortSignal,
  ): Promise<ArtifactRef>;
  /** Where a lane's worker writes an output of its own; deterministic per id, so that an attempt that runs again overwrites itself. */
  scratchPath(id: ArtifactId): string;
  /** Makes the finished file at `scratchPath(id)` visible under `id`. Idempotent: it may have been adopted before a crash. */
  adopt(id: ArtifactId, kind: ArtifactKind, file: ProvenFile): Promise<ArtifactRef>;
  /** A local file that lanes can read. */
  file(ref: ArtifactRef, kind: ArtifactKind): StoredFile;
  /** Opens bytes `start` to `end` (inclusive) for download. Fails with ARTIFACT_NOT_FOUND. */
  open(ref: ArtifactRef, kind: ArtifactKind, range?: { start: number; end: number }): Promise<Readable>;
  /** Idempotent. */
  remove(id: ArtifactId, kind: ArtifactKind): Promise<void>;
  /** Ids present under a kind: the boot sweep compares them with the records. */
  list(kind: ArtifactKind): AsyncIterable<ArtifactId>;
  /** Removes leftovers of uploads and attempts that a crash interrupted. Called once at boot, before anything is received. */
  sweepScratch(keep: (id: ArtifactId) => boolean): Promise<void>;
  close(): Promise<void>;
}
