// Stored artifacts as operators look at them: by pages, and how much room they take. Records only, and only what is on disk; no byte is read.
import { boundedLook, type Looked } from '../boundedLook.js';
import type { Clock } from '../clock.js';
import type { Address, ArtifactId } from '../ids.js';
import type { ArtifactRecord } from '../store/buckets.js';
import type { Store } from '../store/environment.js';
import { type ArtifactKind, artifactKinds } from '../storedBytes/storedFile.js';
import type { ArtifactBackend } from './port.js';
import type { UploadSpace } from './uploadSpace.js';

export interface SoughtArtifacts {
  /** Goes on behind this one. */
  readonly before: ArtifactId | undefined;
  readonly matches: (record: ArtifactRecord) => boolean;
  readonly limit: number;
}

export interface FoundArtifacts extends Looked<ArtifactId> {
  readonly rows: readonly { readonly id: ArtifactId; readonly record: ArtifactRecord }[];
}

export interface Usage {
  readonly kinds: ReadonlyMap<ArtifactKind, { readonly count: number; readonly files: number; readonly bytes: number }>;
  /** The largest first. */
  readonly owners: readonly { readonly owner: Address; readonly count: number; readonly bytes: number }[];
  /** Records whose bytes are gone. */
  readonly spent: number;
  /** Files that are not finished. */
  readonly scratch: { readonly files: number; readonly bytes: number };
  /** What uploads count for, and may. */
  readonly reserved: { readonly bytes: number; readonly limitBytes: number };
}

export interface BrowseArtifacts {
  /** By id, downwards: ids never change, so that pages neither skip nor repeat one. */
  page(sought: SoughtArtifacts): Promise<FoundArtifacts>;
  /** Reads every record. Those who ask while one does get what it finds. */
  usage(): Promise<Usage>;
}

/** Read in one turn of the loop, which takes a few milliseconds. */
const readInTurn = 500;

export function createBrowseArtifacts({
  store,
  backend,
  space,
  clock,
}: {
  readonly store: Pick<Store, 'scan' | 'slices' | 'settled'>;
  readonly backend: Pick<ArtifactBackend, 'scratch'>;
  readonly space: Pick<UploadSpace, 'taken'>;
  readonly clock: Pick<Clock, 'turn' | 'steady'>;
}): BrowseArtifacts {
  let counting: Promise<Usage> | undefined;

  async function count(): Promise<Usage> {
    const kinds = new Map(artifactKinds.map((kind) => [kind, { count: 0, files: 0, bytes: 0 }]));
    const owners = new Map<Address, { owner: Address; count: number; bytes: number }>();
    /** Files that several have, and those of them that an owner has. */
    const seen = new Set<string>();
    let spent = 0;
    for await (const slice of store.slices('artifacts', { limit: readInTurn, turn: clock.turn }))
      for (const { value } of slice) {
        const { kind, owner, fileId, sizeBytes } = value;
        if (value.spent) {
          spent += 1;
          continue;
        }
        const ofKind = kinds.get(kind);
        const ofOwner = owners.get(owner) ?? { owner, count: 0, bytes: 0 };
        owners.set(owner, ofOwner);
        ofOwner.count += 1;
        if (isFirst(seen, fileId && `${owner}/${fileId}`)) ofOwner.bytes += sizeBytes;
        if (ofKind === undefined) continue;
        ofKind.count += 1;
        if (!isFirst(seen, fileId)) continue;
        ofKind.files += 1;
        ofKind.bytes += sizeBytes;
      }
    await store.settled();
    return {
      kinds,
      owners: [...owners.values()].sort((a, b) => b.bytes - a.bytes || (a.owner < b.owner ? -1 : 1)),
      spent,
      scratch: await backend.scratch(),
      reserved: space.taken,
    };
  }

  return {
    async page({ before, matches, limit }) {
      const rows: { id: ArtifactId; record: ArtifactRecord }[] = [];
      const scan = (after: [ArtifactId] | undefined, most: number) =>
        store.scan('artifacts', [], { reverse: true, limit: most, after });
      const { scanned, last } = await boundedLook({ scan, clock }, before && [before], ({ key: [id], value }) => {
        if (matches(value)) rows.push({ id, record: value });
        return rows.length >= limit;
      });
      await store.settled();
      return { rows, scanned, last: last?.[0] };
    },

    usage() {
      counting ??= count().finally(() => (counting = undefined));
      return counting;
    },
  };
}

/** What has a file of its own is the first and only one. */
function isFirst(seen: Set<string>, file: string | undefined): boolean {
  if (file === undefined) return true;
  if (seen.has(file)) return false;
  seen.add(file);
  return true;
}
