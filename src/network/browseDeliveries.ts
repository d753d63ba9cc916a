// Deliveries as operators look for them: all by pages, one by some of the digits of its id, and the history of one. Whatever is shown is on
// disk and acted on. A look through the store is bounded, and lets the loop turn.
import type { Clock } from '../clock.js';
import type { RequestId } from '../ids.js';
import type { DeliveryView } from '../machines/delivery/view.js';
import type { Envelope, JournalEntry } from '../store/buckets.js';
import type { Store } from '../store/environment.js';

export interface DeliveryQuery {
  /** The id where the page before has ended. */
  readonly after: RequestId | undefined;
  readonly limit: number;
  readonly matches: (view: DeliveryView) => boolean;
}

export interface DeliveryPage {
  readonly views: readonly DeliveryView[];
  /** Undefined: there is nothing behind. */
  readonly last: RequestId | undefined;
}

export interface BrowseDeliveries {
  /** As it is on disk. Undefined when there is none. */
  viewOf(networkId: RequestId): DeliveryView | undefined;
  /** A page of all that are on disk, by id, of those that fit. */
  page(query: DeliveryQuery): Promise<DeliveryPage>;
  /** Those whose id begins with 8 or more digits or ends with 6 or more, at most `limit`. */
  byDigits(digits: string, limit: number): Promise<RequestId[]>;
  /** Its transitions from `fromSeq` on, as far as they are on disk. */
  history(view: DeliveryView, fromSeq: number, limit: number): { readonly seq: number; readonly entry: JournalEntry }[];
}

export interface BrowseDeliveriesParameters {
  readonly store: Pick<Store, 'get' | 'scan'>;
  readonly clock: Pick<Clock, 'turn'>;
  /** The store shows what a crash may take back, and what nothing here has acted on yet. */
  readonly durableView: (networkId: RequestId, stored: Envelope) => DeliveryView;
}

/** Records that are read in one turn of the loop, and by one call. */
const slice = 256;
const mostScanned = 20_000;
const beginningDigits = 8;
const endingDigits = 6;

export function createBrowseDeliveries({ store, clock, durableView }: BrowseDeliveriesParameters): BrowseDeliveries {
  /** Calls `look` with each behind `after` until it answers true. Answers where it ended; undefined: there is nothing behind. */
  async function walk(
    after: RequestId | undefined,
    look: (id: RequestId, envelope: Envelope) => boolean,
  ): Promise<RequestId | undefined> {
    let last = after;
    for (let scanned = 0; scanned < mostScanned; scanned += slice) {
      const read = [...store.scan('deliveries', [], { limit: slice, after: last && [last] })];
      for (const { key, value } of read) {
        last = key[0];
        if (look(last, value)) return last;
      }
      if (read.length < slice) return undefined;
      await clock.turn();
    }
    return last;
  }

  return {
    viewOf(networkId) {
      const envelope = store.get('deliveries', networkId);
      return envelope && durableView(networkId, envelope);
    },

    async page({ after, limit, matches }) {
      const views: DeliveryView[] = [];
      const last = await walk(after, (networkId, envelope) => {
        const view = durableView(networkId, envelope);
        if (matches(view)) views.push(view);
        return views.length === limit;
      });
      return { views, last };
    },

    async byDigits(digits, limit) {
      const found = new Set<RequestId>();
      if (digits.length >= beginningDigits)
        for (const { key } of store.scan('deliveries', [], { after: [digits as RequestId], limit }))
          if (key[0].startsWith(digits)) found.add(key[0]);
      if (digits.length < endingDigits) return [...found];
      // Open ones are what one usually looks for, and there may be more ended ones than a call may read.
      for (const { key } of store.scan('openDeliveries', []))
        if (key[0].endsWith(digits) && found.size < limit) found.add(key[0]);
      await walk(undefined, (id) => {
        if (id.endsWith(digits)) found.add(id);
        return found.size >= limit;
      });
      return [...found].slice(0, limit);
    },

    history({ context: { networkId }, seq: lastSeq }, fromSeq, limit) {
      const after: [RequestId, number] | undefined = fromSeq === 0 ? undefined : [networkId, fromSeq - 1];
      const entries = [...store.scan('deliveryJournal', [networkId], { limit, after })];
      return entries.filter(({ key }) => key[1] <= lastSeq).map(({ key, value }) => ({ seq: key[1], entry: value }));
    },
  };
}
