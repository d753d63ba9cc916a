// How much is stored, by kind, counted from records as a look passes over them.
import type { ArtifactId } from '../ids.js';
import type { ArtifactRecord } from '../store/buckets.js';
import { type ArtifactKind, artifactKinds } from '../storedBytes/storedFile.js';

/** Bytes that several artifacts share are one file. */
export type Stored = ReadonlyMap<ArtifactKind, { readonly files: number; readonly bytes: number }>;

export class StoredCensus {
  readonly #kinds = new Map<ArtifactKind, { files: number; bytes: number }>(
    artifactKinds.map((kind) => [kind, { files: 0, bytes: 0 }]),
  );
  /** Files that several records have. */
  readonly #shared = new Set<ArtifactId>();

  get stored(): Stored {
    return this.#kinds;
  }

  /** Of what is spent the bytes are gone. */
  add({ kind, sizeBytes, fileId, spent }: ArtifactRecord): void {
    const known = this.#kinds.get(kind);
    if (known === undefined || spent || (fileId !== undefined && this.#shared.has(fileId))) return;
    if (fileId !== undefined) this.#shared.add(fileId);
    known.files += 1;
    known.bytes += sizeBytes;
  }
}
