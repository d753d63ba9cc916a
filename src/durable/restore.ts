// Brings every open machine of a kind back after a start, before any call is answered.
import type { EventObject } from 'xstate';
import type { Store } from '../store/environment.js';
import type { Host } from './host.js';
import type { DurableKind } from './kind.js';
import { migrated, RestoreError } from './migrate.js';
import { storedEnvelope } from './stored.js';

export interface RestoreParameters<Id extends string, Start, View, Event extends EventObject> {
  readonly store: Store;
  readonly kind: DurableKind<Id, Start, View, Event>;
  readonly host: Host<Id, Start, View, Event>;
  /** Called with each of them before any starts again. */
  readonly prepare: (view: View) => void;
}

/** Answers how many there were. Throws a RestoreError that names the first one which cannot be restored. */
export function restoreOpen<Id extends string, Start, View, Event extends EventObject>({
  store,
  kind,
  host,
  prepare,
}: RestoreParameters<Id, Start, View, Event>): number {
  // Read first, start then: starting writes, and an open scan would hold on to old pages.
  const ids = [...store.scan(kind.buckets.open, [])].map(({ key }) => key[0] as unknown as Id);
  const stored = ids.map((id) => {
    const envelope = storedEnvelope(store, kind, id);
    if (envelope === undefined) throw new RestoreError(kind.name, id, 'it is listed as open but has no snapshot');
    const snapshot = migrated(kind, id, envelope);
    for (const [name, child] of Object.entries(snapshot.children)) {
      // XState would leave such a child dead and the machine would wait for it for ever.
      if (child.snapshot.status !== 'active')
        throw new RestoreError(kind.name, id, `its child ${name} is ${child.snapshot.status}`);
    }
    return { snapshot, view: kind.viewOf(snapshot, envelope), envelope };
  });
  for (const { view } of stored) prepare(view);
  for (const one of stored) host.restore(one);
  return ids.length;
}
