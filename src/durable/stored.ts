// Reads durable machines that have no actor: those that have ended, and those that are about to be restored.
import type { EventObject } from 'xstate';
import type { Envelope } from '../store/buckets.js';
import type { Store } from '../store/environment.js';
import type { DurableKind } from './kind.js';
import { migrated } from './migrate.js';

/** Undefined when there is none of this id. */
export const storedEnvelope = <Id extends string>(
  store: Pick<Store, 'get'>,
  { buckets }: Pick<DurableKind<Id, never, never, never>, 'buckets'>,
  id: Id,
): Envelope | undefined => store.get(buckets.snapshots, id as never) as Envelope | undefined;

/** As its last durable transition left it, whichever release wrote that. Throws a RestoreError for a machine that is unknown here. */
export function storedView<Id extends string, Start, View, Event extends EventObject>(
  store: Pick<Store, 'get'>,
  kind: DurableKind<Id, Start, View, Event>,
  id: Id,
): View | undefined {
  const envelope = storedEnvelope(store, kind, id);
  return envelope && kind.viewOf(migrated(kind, id, envelope), envelope);
}
