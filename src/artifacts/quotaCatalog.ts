// Catalog that enforces upload quotas.
import type { ArtifactRecord } from '../store/buckets.js';
import type { Store } from '../store/environment.js';
import type { Catalog } from './catalog.js';
import type { KeptUpload, UploadSpace } from './uploadSpace.js';

/**
 * The same catalog, whose `upload` also fails with UPLOAD_SPACE_FULL. Every sweep of unreferenced artifacts counts the space anew. The
 * first sweep must come before the first upload, because nothing counts until then.
 */
export const quotaCatalog = (catalog: Catalog, store: Pick<Store, 'scan'>, space: UploadSpace): Catalog => ({
  ...catalog,

  async upload(claims, intake) {
    const { id, owner } = claims;
    // Sent again after a lost answer it takes no more room, and it must not fail for what it takes already.
    if (catalog.lookup(id) !== undefined) return catalog.upload(claims, intake);
    const giveBack = space.reserve(owner, intake.announcedBytes);
    try {
      const record = await catalog.upload(claims, intake);
      if (takesRoom(record)) space.keep({ id, ...record });
      return record;
    } finally {
      giveBack();
    }
  },

  // Within their transactions: should one of them fail, the next sweep counts again what it had released.
  reference(tx, id, by) {
    const record = catalog.reference(tx, id, by);
    if (record.ofRequest !== true) space.register(id);
    return record;
  },

  spend(tx, id) {
    catalog.spend(tx, id);
    space.drop(id);
  },

  async sweepUnreferenced(olderThanMs) {
    const count = await catalog.sweepUnreferenced(olderThanMs);
    space.recount(keptUploads(store));
    return count;
  },
});

/** Not proofs, which only the service makes, nor what is registered for good. */
const takesRoom = ({ kind, spent, references, ofRequest }: ArtifactRecord): boolean =>
  !spent && (kind === 'stdin' || (kind === 'program' && (references.length === 0 || ofRequest === true)));

function* keptUploads(store: Pick<Store, 'scan'>): Generator<KeptUpload> {
  for (const { key, value } of store.scan('artifacts', [])) if (takesRoom(value)) yield { id: key[0], ...value };
}
