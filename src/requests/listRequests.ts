// Lists of a requester's requests: open ones from memory, ended ones from the store, newest first. Only what is durable is shown.
import type { Clock } from '../clock.js';
import type { Address, RequestId } from '../ids.js';
import type { ProofRequest } from '../machines/request/rules.js';
import type { RequestView } from '../machines/request/view.js';
import type { Store } from '../store/environment.js';
import type { RequestHost } from './kind.js';

export interface ListFilter {
  readonly requester: Address;
  /** Epoch ms, inclusive. */
  readonly from: number | undefined;
  readonly to: number | undefined;
  readonly matches: (view: RequestView) => boolean;
  readonly offset: number;
  readonly limit: number;
}

interface Sources {
  readonly store: Store;
  readonly host: RequestHost;
  readonly clock: Pick<Clock, 'turn'>;
  /** The durable view. */
  readonly view: (requestId: RequestId) => RequestView | undefined;
}

/** A list call reads at most this many records before it answers with what it has. */
const maxScanned = 20_000;
/** So many of them in one turn of the loop, which takes about ten milliseconds. All other calls wait for it. */
const scannedInTurn = 500;

export async function listRequests(sources: Sources, filter: ListFilter): Promise<RequestView[]> {
  const { store, host, clock, view } = sources;
  const { requester, from, to, matches, offset, limit } = filter;
  const found: RequestView[] = [];
  let skipped = 0;
  /** Answers true when the list is full. */
  const take = (candidate: RequestView | undefined): boolean => {
    if (candidate === undefined || !isWithin(candidate.request.createdAt, from, to) || !matches(candidate))
      return false;
    if (skipped < offset) skipped += 1;
    else found.push(candidate);
    return found.length >= limit;
  };
  const open = host.liveViewsOf(requester).sort((a, b) => compareAge(a.request, b.request));
  const openIds = new Set(open.map(({ request }) => request.requestId));
  /** Those that are newer than this one. */
  const takeOpen = (than?: Born): boolean => {
    for (let next = open.at(-1); next !== undefined; next = open.at(-1)) {
      if (than !== undefined && compareAge(next.request, than) < 0) return false;
      open.pop();
      if (take(view(next.request.requestId))) return true;
    }
    return false;
  };
  let after: [Address, number, RequestId] | undefined;
  for (let scanned = 0; scanned < maxScanned; scanned += scannedInTurn) {
    const slice = [...store.scan('requestsByRequester', [requester], { reverse: true, limit: scannedInTurn, after })];
    for (const { key } of slice) {
      const [, createdAt, requestId] = key;
      if (takeOpen({ createdAt, requestId })) return found;
      if (from !== undefined && createdAt < from) return found;
      if (to !== undefined && createdAt > to) continue;
      // It was open when this list began, or it has ended and that is not on disk yet.
      if (openIds.has(requestId) || host.has(requestId)) continue;
      if (take(view(requestId))) return found;
    }
    after = slice.at(-1)?.key;
    if (slice.length < scannedInTurn) {
      takeOpen();
      break;
    }
    await clock.turn();
  }
  return found;
}

/** Oldest first: by the moment, then by the id, as the store sorts them. */
function compareAge(a: Born, b: Born): number {
  if (a.createdAt !== b.createdAt) return a.createdAt - b.createdAt;
  return a.requestId < b.requestId ? -1 : Number(a.requestId > b.requestId);
}

type Born = Pick<ProofRequest, 'createdAt' | 'requestId'>;

const isWithin = (at: number, from: number | undefined, to: number | undefined): boolean =>
  (from === undefined || at >= from) && (to === undefined || at <= to);
