// The files of a catalog, as a set: what it asks to remove, and when, is what its tests are about.
import type { ArtifactBackend, ArtifactPlace } from '../../artifacts/port.js';
import type { ArtifactId } from '../../ids.js';
import type { ArtifactKind } from '../../storedBytes/storedFile.js';

export class FilesInMemory implements Pick<ArtifactBackend, 'remove' | 'list'> {
  readonly present = new Set<string>();
  beforeRemove: () => Promise<void> = async () => undefined;
  has = (id: ArtifactId, kind: ArtifactKind = 'stdin') => this.present.has(`${kind}/${id}`);
  add = (id: ArtifactId, kind: ArtifactKind = 'stdin') => void this.present.add(`${kind}/${id}`);

  async remove(id: ArtifactId, { kind }: ArtifactPlace) {
    await this.beforeRemove();
    this.present.delete(`${kind}/${id}`);
  }

  async *list(kind: ArtifactKind) {
    for (const entry of [...this.present]) {
      if (entry.startsWith(kind))
        yield { id: entry.slice(kind.length + 1) as ArtifactId, place: { kind, private: false } };
    }
  }
}
