// Deletes stored files that nothing needs, at an operator's word and while the service takes new ones: what the sweep at a start finds, and what
// the one of every minute does. What is uploaded or proved meanwhile is never among it.
import type { Catalog } from '../artifacts/catalog.js';
import type { Orphan } from '../artifacts/orphans.js';
import type { ProofIds } from '../artifacts/proofIds.js';
import type { Clock } from '../clock.js';
import { fail } from '../failures/fail.js';
import { FailureError } from '../failures/failureError.js';
import type { ArtifactId } from '../ids.js';
import type { RequestView } from '../machines/request/view.js';
import type { AuditWriter } from '../operations/audit.js';
import type { Act } from '../store/buckets.js';
import type { Store } from '../store/environment.js';

export interface Collectable {
  /** Artifacts that nothing has needed for an hour. */
  readonly unreferenced: number;
  readonly bytes: number;
  /** Files without a record. */
  readonly orphans: readonly Orphan[];
}

export interface Collection {
  /** What there is to collect now. Fails with NOTHING_TO_DO while it is being done. */
  find(): Promise<Collectable>;
  /** With its audit, which comes first: what a crash leaves is found by the next start. */
  collect(found: Collectable, act: Act): Promise<void>;
}

/** So many requests in one turn of the loop: an id of a proof costs some microseconds. */
const viewsInTurn = 500;
/** A proof may be there before its try is counted: one that was found elsewhere has the number of the next. */
const spareTries = 2;

export function createCollection({
  store,
  catalog,
  audit,
  clock,
  proofIds,
  views,
}: {
  readonly store: Pick<Store, 'write'>;
  readonly catalog: Pick<Catalog, 'countUnreferenced' | 'sweepUnreferenced' | 'findOrphans' | 'removeOrphans'>;
  readonly audit: AuditWriter;
  readonly clock: Pick<Clock, 'now' | 'turn'>;
  readonly proofIds: ProofIds;
  /** Open requests as they were decided last, on disk or not. */
  readonly views: () => readonly RequestView[];
}): Collection {
  let isRunning = false;

  /**
   * Proofs of open requests. Asked after the files were found: a proof among those is of a request that was open then, and either still is,
   * or has ended on disk, and then its proof has a record.
   */
  async function proofsOfOpen(): Promise<ReadonlySet<ArtifactId>> {
    const wanted = new Set<ArtifactId>();
    const open = views();
    for (let from = 0; from < open.length; from += viewsInTurn) {
      if (from > 0) await clock.turn();
      for (const { request, tries } of open.slice(from, from + viewsInTurn))
        for (let attempt = 0; attempt <= Math.max(...Object.values(tries)) + spareTries; attempt += 1) {
          wanted.add(proofIds(request.requestId, attempt));
          if (request.mode === 'tee') wanted.add(proofIds(request.requestId, attempt, 'public values'));
        }
    }
    return wanted;
  }

  function assertIdle(): void {
    if (isRunning) throw new FailureError(fail('NOTHING_TO_DO', { action: 'collect', state: 'being done already' }));
  }

  return {
    async find() {
      assertIdle();
      const { count, bytes } = await catalog.countUnreferenced();
      const found = await catalog.findOrphans();
      const wanted = await proofsOfOpen();
      return { unreferenced: count, bytes, orphans: found.filter(({ id }) => !wanted.has(id)) };
    },

    async collect({ orphans }, act) {
      assertIdle();
      isRunning = true;
      try {
        // On disk with it is whatever has made orphans of these files: a crash must not bring their records back.
        await store.write((tx) => audit.note(tx, clock.now(), act));
        await catalog.sweepUnreferenced();
        const wanted = await proofsOfOpen();
        await catalog.removeOrphans(orphans, (id) => wanted.has(id));
      } finally {
        isRunning = false;
      }
    },
  };
}
