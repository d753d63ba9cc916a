// Removes a registered program at an operator's word: never one that an open request needs, and with its audit in the same transaction.
import type { Catalog } from '../artifacts/catalog.js';
import type { Clock } from '../clock.js';
import { fail } from '../failures/fail.js';
import { FailureError } from '../failures/failureError.js';
import type { VkHash } from '../ids.js';
import type { AuditWriter } from '../operations/audit.js';
import { unregisterProgram } from '../programs/programs.js';
import type { Act } from '../store/buckets.js';
import type { Store } from '../store/environment.js';

export interface ProgramRemoval {
  /** Throws PROGRAM_IN_USE. */
  assertUnused(vkHash: VkHash): void;
  /** On disk with its audit when it resolves. Fails with PROGRAM_IN_USE, and with PROGRAM_UNKNOWN when it has gone meanwhile. */
  remove(vkHash: VkHash, act: Act): Promise<void>;
}

export function createProgramRemoval({
  store,
  catalog,
  audit,
  clock,
  naming,
}: {
  readonly store: Pick<Store, 'scan' | 'write'>;
  readonly catalog: Pick<Catalog, 'unreference'>;
  readonly audit: AuditWriter;
  readonly clock: Pick<Clock, 'now'>;
  /** How many requests need it, those included that are being made durable. A later one finds that it is gone. */
  readonly naming: (vkHash: VkHash) => number;
}): ProgramRemoval {
  function assertUnused(vkHash: VkHash): void {
    const count = naming(vkHash);
    if (count > 0) throw new FailureError(fail('PROGRAM_IN_USE', { vkHash, count }));
  }

  return {
    assertUnused,
    remove: (vkHash, act) =>
      store.write((tx) => {
        // Where the store is written nothing comes in between: what was taken in before counts, what comes after sees no program.
        assertUnused(vkHash);
        const owners = [...store.scan('programCandidates', [vkHash])].map(({ key }) => key[1]);
        const removed = unregisterProgram(tx, vkHash, owners, (_, { artifactId }) =>
          catalog.unreference(tx, artifactId, vkHash),
        );
        if (removed.length === 0) throw new FailureError(fail('PROGRAM_UNKNOWN', { digits: vkHash }));
        audit.note(tx, clock.now(), act);
      }),
  };
}
