// Requests as operators look for them: all of them by pages, one by some of the digits of its id, and the history of one. Whatever is
// shown is on disk. A look through the store is bounded, and lets the loop turn.
import { boundedLook } from '../boundedLook.js';
import type { Clock, EpochMs } from '../clock.js';
import { migrated } from '../durable/migrate.js';
import type { RequestId } from '../ids.js';
import type { RequestView } from '../machines/request/view.js';
import type { Envelope, JournalEntry } from '../store/buckets.js';
import type { Store } from '../store/environment.js';
import { type RequestHost, requestKind } from './kind.js';

export interface Sought {
  /** Goes on behind this one, towards older ones. */
  readonly before: RequestId | undefined;
  readonly matches: (view: RequestView) => boolean;
  readonly limit: number;
}

export interface Found {
  readonly views: readonly RequestView[];
  /** How many records were read. */
  readonly scanned: number;
  /** The last one that was looked at. Undefined: there is nothing older. */
  readonly last: RequestId | undefined;
}

export interface Ended {
  readonly scanned: number;
  /** When those ended that were not looked at any more. Undefined: all were. */
  readonly lookedBackTo: EpochMs | undefined;
}

export interface Browse {
  /** Newest first, by id: ids begin with the time and never change, so that pages neither skip nor repeat a request. */
  page(sought: Sought): Promise<Found>;
  /** Those that have ended since then, the last first, as far as one call may look. `view` is called with each. */
  ended(since: EpochMs, view: (view: RequestView) => void): Promise<Ended>;
  /** All open ones that match, oldest first; more than `limit` of them are cut. */
  open(matches: (view: RequestView) => boolean, limit: number): Promise<RequestId[]>;
  /** Those whose id begins with 8 or more digits or ends with 6 or more, at most `limit`. */
  byDigits(digits: string, limit: number): Promise<RequestId[]>;
  /** As its machine was written last. Undefined while that is under way, and where nothing is known of it. */
  persisted(view: RequestView): Envelope | undefined;
  /** Its transitions from `fromSeq` on, as far as they are on disk. */
  history(view: RequestView, fromSeq: number, limit: number): { readonly seq: number; readonly entry: JournalEntry }[];
}

/** So many records in one turn of the loop, which takes a few milliseconds. All other calls wait for it. */
const readInTurn = 500;
const beginningDigits = 8;
const endingDigits = 6;

export interface BrowseParameters {
  readonly store: Store;
  readonly host: RequestHost;
  readonly clock: Pick<Clock, 'turn' | 'steady'>;
}

export function createBrowse({ store, host, clock }: BrowseParameters): Browse {
  /** Of a live one only what is durable: the store shows what a crash may still take back. */
  const viewOf = (requestId: RequestId, envelope: Envelope): RequestView | undefined =>
    host.has(requestId)
      ? host.view(requestId)
      : requestKind.viewOf(migrated(requestKind, requestId, envelope), envelope);

  /** Calls `look` with each, newest first, until it answers true. */
  async function walk(before: RequestId | undefined, look: (id: RequestId, envelope: Envelope) => boolean) {
    const scan = (after: [RequestId] | undefined, limit: number) =>
      store.scan('snapshots', [], { reverse: true, limit, after });
    const { scanned, last } = await boundedLook({ scan, clock }, before && [before], ({ key, value }) =>
      look(key[0], value),
    );
    return { scanned, last: last?.[0] };
  }

  function beginningWith(digits: string, limit: number): RequestId[] {
    const found: RequestId[] = [];
    for (const { key, value } of store.scan('snapshots', [], { after: [digits as RequestId], limit })) {
      if (!key[0].startsWith(digits)) break;
      if (viewOf(key[0], value) !== undefined) found.push(key[0]);
    }
    return found;
  }

  return {
    async page({ before, matches, limit }) {
      const views: RequestView[] = [];
      const { scanned, last } = await walk(before, (id, envelope) => {
        const view = viewOf(id, envelope);
        if (view !== undefined && matches(view)) views.push(view);
        return views.length >= limit;
      });
      return { views, scanned, last };
    },

    async ended(since, view) {
      let isPast = false;
      const scan = (after: [kind: string, at: number, id: string] | undefined, limit: number) =>
        store.scan('ended', [requestKind.name], { reverse: true, limit, after });
      const { scanned, last } = await boundedLook({ scan, clock }, undefined, ({ key: [, at, text] }) => {
        isPast = at < since;
        if (isPast) return true;
        const id = text as RequestId;
        const envelope = store.get('snapshots', id);
        const found = envelope && viewOf(id, envelope);
        if (found !== undefined) view(found);
        return false;
      });
      // The one that ended before is not among those.
      return isPast ? { scanned: scanned - 1, lookedBackTo: undefined } : { scanned, lookedBackTo: last?.[1] };
    },

    persisted({ request, seq }) {
      const envelope = store.get('snapshots', request.requestId);
      return envelope?.seq === seq ? envelope : undefined;
    },

    async open(matches, limit) {
      const found: RequestId[] = [];
      let after: [RequestId] | undefined;
      for (;;) {
        const slice = [...store.scan('openRequests', [], { limit: readInTurn, after })].map(({ key }) => key[0]);
        for (const id of slice) {
          const view = host.view(id);
          if (view !== undefined && matches(view)) found.push(id);
        }
        const last = slice.at(-1);
        if (last === undefined || slice.length < readInTurn || found.length > limit) return found.slice(0, limit);
        after = [last];
        await clock.turn();
      }
    },

    async byDigits(digits, limit) {
      const found = new Set(digits.length >= beginningDigits ? beginningWith(digits, limit) : []);
      if (digits.length < endingDigits) return [...found];
      // Open ones are what one usually looks for, and there may be more ended ones than a call may read.
      for (const { key } of store.scan('openRequests', []))
        if (key[0].endsWith(digits) && host.view(key[0]) !== undefined && found.size < limit) found.add(key[0]);
      await walk(undefined, (id, envelope) => {
        if (id.endsWith(digits) && viewOf(id, envelope) !== undefined) found.add(id);
        return found.size >= limit;
      });
      return [...found];
    },

    history({ request: { requestId }, seq: lastSeq }, fromSeq, limit) {
      const after: [RequestId, number] | undefined = fromSeq === 0 ? undefined : [requestId, fromSeq - 1];
      const entries = [...store.scan('journal', [requestId], { limit, after })];
      return entries.filter(({ key }) => key[1] <= lastSeq).map(({ key, value }) => ({ seq: key[1], entry: value }));
    },
  };
}
