// Files of which no record knows, as a crash leaves them. Found and deleted in two steps: what is found is asked about again before it goes.
import type { ArtifactId } from '../ids.js';
import { artifactKinds } from '../storedBytes/storedFile.js';
import type { ArtifactBackend, ArtifactPlace } from './port.js';
import type { UnderWay } from './underWay.js';

export interface Orphan {
  readonly id: ArtifactId;
  readonly place: ArtifactPlace;
}

export function createOrphans({
  backend,
  underWay,
  isKept,
}: {
  readonly backend: Pick<ArtifactBackend, 'list' | 'remove'>;
  readonly underWay: UnderWay;
  /** Some record says that bytes lie in this file. */
  readonly isKept: (id: ArtifactId) => boolean;
}) {
  const isOrphan = (id: ArtifactId): boolean => !isKept(id) && !underWay.has(id);

  return {
    async find(): Promise<Orphan[]> {
      const found: Orphan[] = [];
      for (const kind of artifactKinds)
        for await (const each of backend.list(kind)) if (isOrphan(each.id)) found.push(each);
      return found;
    },

    /** Answers how many went. `keep`: those that are about to get a record. */
    async remove(found: readonly Orphan[], keep: (id: ArtifactId) => boolean): Promise<number> {
      let count = 0;
      for (const { id, place } of found) {
        // Asked in the turn in which it is marked: an upload of it that begins later waits.
        if (!isOrphan(id) || keep(id)) continue;
        await underWay.whileDeleting([id], backend.remove(id, place));
        count += 1;
      }
      return count;
    },
  };
}
