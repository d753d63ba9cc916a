// What a file of stored bytes is called: which artifact it holds, and where it lies. Plain data, so that a job takes it along to a worker thread.
import type { ArtifactId, Sha256 } from '../ids.js';

export const artifactKinds = ['program', 'stdin', 'proof'] as const;
export type ArtifactKind = (typeof artifactKinds)[number];

/** Only this folder opens `path`. All other code deals in the plain bytes, whatever lies on disk for them. */
export interface ArtifactFile {
  /** Names the file in failures: paths stay inside. */
  readonly id: ArtifactId;
  readonly kind: ArtifactKind;
  readonly path: string;
}

/** Of the plain bytes. */
export interface Measured {
  readonly sha256: Sha256;
  readonly sizeBytes: number;
}

/** A finished file, and what its bytes must still be when they are read. */
export interface StoredFile extends ArtifactFile, Measured {}
