// What must hold of the records of requests, beyond what holds of any durable machine: what leads to them, and what they lead to.
import { checkKind } from '../durable/checkKind.js';
import type { RequestId } from '../ids.js';
import { isTerminal, type RequestView } from '../machines/request/view.js';
import type { Store } from '../store/environment.js';
import type { Inconsistency } from '../store/inconsistency.js';
import { requestKind } from './kind.js';

/** So many records in one turn of the loop, of some 50 µs each. */
const inTurn = 100;

export async function* checkRequests(
  store: Pick<Store, 'get' | 'scan' | 'slices'>,
  turn: () => Promise<void>,
): AsyncGenerator<Inconsistency> {
  yield* checkKind({
    store,
    kind: requestKind,
    turn,
    *more(id, view) {
      for (const sentence of indexProblems(store, id, view)) yield { code: 'INDEX_WRONG', id, sentence };
    },
  });
  yield* checkIndexes(store, turn);
}

function* indexProblems(store: Pick<Store, 'get'>, id: RequestId, view: RequestView): Generator<string> {
  const { requester, createdAt, stdin } = view.request;
  if (isTerminal(view) && store.get('requestsByRequester', requester, createdAt, id) === undefined)
    yield 'it has ended and no list of its requester has it';
  if (store.get('requestOfStdin', stdin.id) === undefined) yield 'its input does not lead to it';
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
