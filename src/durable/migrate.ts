// Snapshots of earlier machines become those of the present one, version by version. A released machine's fixtures restore for ever.
import type { Envelope } from '../store/buckets.js';
import type { StoredSnapshot } from './snapshot.js';

/** From the id of the machine that wrote a snapshot to the next version's id and shape. Pure, and never edited once released. */
export type Migrations = Readonly<
  Record<string, { readonly to: string; readonly snapshot: (older: StoredSnapshot) => StoredSnapshot }>
>;

/** A stored machine cannot be brought back. The start fails, and the message names the machine. */
export class RestoreError extends Error {
  override readonly name = 'RestoreError';
  constructor(kind: string, id: string, problem: string) {
    super(
      `${kind[0]?.toUpperCase()}${kind.slice(1)} ${id} cannot be restored: ${problem}. Start the release that wrote it.`,
    );
  }
}

interface Migrating {
  readonly name: string;
  readonly machine: { readonly id: string };
  readonly migrations: Migrations;
}

/** The snapshot as the present machine would have written it. Throws a RestoreError for a machine that no migration leads from. */
export function migrated(kind: Migrating, id: string, envelope: Envelope): StoredSnapshot {
  let { machine } = envelope;
  let snapshot = envelope.snapshot as StoredSnapshot;
  // Each migration leads to another version, so there are at most as many steps as migrations.
  for (let steps = Object.keys(kind.migrations).length; machine !== kind.machine.id; steps -= 1) {
    const migration = Object.hasOwn(kind.migrations, machine) ? kind.migrations[machine] : undefined;
    if (migration === undefined || steps === 0) {
      throw new RestoreError(
        kind.name,
        id,
        `it was written by machine ${envelope.machine}, this release has ${kind.machine.id}`,
      );
    }
    snapshot = migration.snapshot(snapshot);
    machine = migration.to;
  }
  return snapshot;
}
