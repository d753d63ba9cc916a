// What must hold of the records of any kind of durable machine, whatever has happened: its snapshot can be read, its journal folds to that,
// and the indexes say of it what it says itself. All of one is looked at in the same tick, so that a running service can be looked at too.
import type { EventObject } from 'xstate';
import type { Envelope, JournalEntry } from '../store/buckets.js';
import type { Store } from '../store/environment.js';
import type { Inconsistency } from '../store/inconsistency.js';
import type { DurableKind } from './kind.js';
import { migrated } from './migrate.js';
import { storedEnvelope } from './stored.js';

export interface CheckKindParameters<Id extends string, Start, View, Event extends EventObject> {
  readonly store: Pick<Store, 'get' | 'scan' | 'slices'>;
  readonly kind: DurableKind<Id, Start, View, Event>;
  readonly turn: () => Promise<void>;
  /** What else must hold of one. */
  readonly more?: (id: Id, view: View) => Iterable<Inconsistency>;
}

/** So many records in one turn of the loop, of some 50 µs each. */
const inTurn = 100;

export async function* checkKind<Id extends string, Start, View, Event extends EventObject>(
  parameters: CheckKindParameters<Id, Start, View, Event>,
): AsyncGenerator<Inconsistency> {
  const { store, kind, turn } = parameters;
  for await (const slice of store.slices(kind.buckets.snapshots, { limit: inTurn, turn }))
    for (const { key } of slice) yield* checkOne(parameters, key[0] as unknown as Id);
  for (const { key } of [...store.scan(kind.buckets.open, [])])
    if (storedEnvelope(store, kind, key[0] as unknown as Id) === undefined)
      yield { code: 'INDEX_WRONG', id: String(key[0]), sentence: 'it is listed as open and has no snapshot' };
}

function* checkOne<Id extends string, Start, View, Event extends EventObject>(
  { store, kind, more }: CheckKindParameters<Id, Start, View, Event>,
  id: Id,
): Generator<Inconsistency> {
  const envelope = storedEnvelope(store, kind, id);
  // Its retention was over meanwhile.
  if (envelope === undefined) return;
  let view: View;
  try {
    view = kind.viewOf(migrated(kind, id, envelope), envelope);
  } catch (error) {
    yield { code: 'SNAPSHOT_UNREADABLE', id, sentence: (error as Error).message };
    return;
  }
  const entries = [...store.scan(kind.buckets.journal, [id] as never)] as unknown as Entries;
  const problem = journalProblem(entries, envelope, kind.pathOf((envelope.snapshot as { value: unknown }).value));
  if (problem !== undefined) yield { code: 'JOURNAL_BROKEN', id, sentence: problem };
  const hasEnded = kind.isTerminal(view);
  if (hasEnded === (store.get(kind.buckets.open, id as never) === true)) {
    const sentence = hasEnded ? 'it has ended and is listed as open' : 'it is open and not listed as such';
    yield { code: 'INDEX_WRONG', id, sentence };
  }
  if (kind.expires === true && hasEnded && store.get('meta', 'recordsEntered') === true)
    if (store.get('ended', kind.name, envelope.at, id) !== true)
      yield { code: 'INDEX_WRONG', id, sentence: 'its end is not noted, so its record would stay for good' };
  yield* more?.(id, view) ?? [];
}

type Entries = readonly { readonly key: readonly [string, number]; readonly value: JournalEntry }[];

function journalProblem(entries: Entries, envelope: Envelope, now: string): string | undefined {
  let at = '';
  for (const [seq, { key, value }] of entries.entries()) {
    if (key[1] !== seq) return `its journal has entry ${key[1]} in place ${seq}`;
    if (value.from !== at) return `entry ${seq} of its journal begins in ${value.from || 'nothing'} and not in ${at}`;
    at = value.to;
  }
  if (entries.length !== envelope.seq + 1)
    return `its journal has ${entries.length} entries and not ${envelope.seq + 1}`;
  return now === at ? undefined : `its journal ends in ${at}, its snapshot is in ${now}`;
}
