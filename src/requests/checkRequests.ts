// What must hold of the records of requests, whatever has happened: looked at one after the other, all of one request in the same tick, so
// that a running service can be looked at too.
import { migrated } from '../durable/migrate.js';
import type { RequestId } from '../ids.js';
import { isTerminal, type RequestView } from '../machines/request/view.js';
import type { Envelope } from '../store/buckets.js';
import type { Store } from '../store/environment.js';
import { requestKind } from './kind.js';

/** Something that must not be. Ids, names and numbers only. */
export interface Inconsistency {
  readonly code:
    | 'SNAPSHOT_UNREADABLE'
    | 'JOURNAL_BROKEN'
    | 'INDEX_WRONG'
    | 'FILE_MISSING'
    | 'FILE_WRONG'
    | 'REFERENCE_WRONG';
  /** Of a request, artifact or program. */
  readonly id: string;
  readonly sentence: string;
}

/** So many records in one turn of the loop, of some 50 µs each. */
const inTurn = 100;

export async function* checkRequests(
  store: Pick<Store, 'get' | 'scan' | 'slices'>,
  turn: () => Promise<void>,
): AsyncGenerator<Inconsistency> {
  for await (const slice of store.slices('snapshots', { limit: inTurn, turn }))
    for (const { key } of slice) yield* checkRequest(store, key[0]);
  for (const { key } of [...store.scan('openRequests', [])])
    if (store.get('snapshots', key[0]) === undefined)
      yield { code: 'INDEX_WRONG', id: key[0], sentence: 'it is listed as open and has no snapshot' };
  yield* checkIndexes(store, turn);
}

function* checkRequest(store: Pick<Store, 'get' | 'scan'>, id: RequestId): Generator<Inconsistency> {
  const envelope = store.get('snapshots', id);
  // Its retention was over meanwhile.
  if (envelope === undefined) return;
  let view: RequestView;
  try {
    view = requestKind.viewOf(migrated(requestKind, id, envelope), envelope);
  } catch (error) {
    yield { code: 'SNAPSHOT_UNREADABLE', id, sentence: (error as Error).message };
    return;
  }
  const problem = journalProblem(store, id, envelope);
  if (problem !== undefined) yield { code: 'JOURNAL_BROKEN', id, sentence: problem };
  for (const sentence of indexProblems(store, id, view, envelope)) yield { code: 'INDEX_WRONG', id, sentence };
}

function journalProblem(store: Pick<Store, 'scan'>, id: RequestId, envelope: Envelope): string | undefined {
  let at = '';
  let seq = 0;
  for (const { key, value } of store.scan('journal', [id])) {
    if (key[1] !== seq) return `its journal has entry ${key[1]} in place ${seq}`;
    if (value.from !== at) return `entry ${seq} of its journal begins in ${value.from || 'nothing'} and not in ${at}`;
    at = value.to;
    seq += 1;
  }
  if (seq !== envelope.seq + 1) return `its journal has ${seq} entries and not ${envelope.seq + 1}`;
  const now = requestKind.pathOf((envelope.snapshot as { value: unknown }).value);
  return now === at ? undefined : `its journal ends in ${at}, its snapshot is in ${now}`;
}

function* indexProblems(
  store: Pick<Store, 'get'>,
  id: RequestId,
  view: RequestView,
  envelope: Envelope,
): Generator<string> {
  const { requester, createdAt, stdin } = view.request;
  const hasEnded = isTerminal(view);
  if (hasEnded === (store.get('openRequests', id) === true))
    yield hasEnded ? 'it has ended and is listed as open' : 'it is open and not listed as such';
  if (hasEnded && store.get('requestsByRequester', requester, createdAt, id) === undefined)
    yield 'it has ended and no list of its requester has it';
  if (store.get('requestOfStdin', stdin.id) === undefined) yield 'its input does not lead to it';
  const isNoted = store.get('ended', requestKind.name, envelope.at, id) === true;
  if (hasEnded && !isNoted && store.get('meta', 'recordsEntered') === true)
    yield 'its end is not noted, so its record would stay for good';
}

/** What leads to requests that are not there. */
async function* checkIndexes(
  store: Pick<Store, 'get' | 'slices'>,
  turn: () => Promise<void>,
): AsyncGenerator<Inconsistency> {
  const gone = (id: RequestId) => store.get('snapshots', id) === undefined;
  const inSlices = { limit: inTurn, turn };
  for await (const slice of store.slices('requestsByRequester', inSlices))
    for (const { key } of slice)
      if (gone(key[2])) yield { code: 'INDEX_WRONG', id: key[2], sentence: 'a list has it and it is not there' };
  await turn();
  for await (const slice of store.slices('requestOfStdin', inSlices))
    for (const { value } of slice)
      if (gone(value)) yield { code: 'INDEX_WRONG', id: value, sentence: 'an input leads to it and it is not there' };
  await turn();
  for await (const slice of store.slices('requestOfKey', inSlices))
    for (const { value } of slice)
      if (gone(value)) yield { code: 'INDEX_WRONG', id: value, sentence: 'a key leads to it and it is not there' };
}
