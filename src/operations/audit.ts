// Who did what and why: written in the transaction in which an operator's action has its effect, so that there is neither without the other.
import type { FeedWriter } from '../feed/feed.js';
import type { Act, Operation } from '../store/buckets.js';
import type { Store, Transaction } from '../store/environment.js';

export interface Audited extends Act {
  /** Its number in the feed. */
  readonly n: number;
  /** Epoch ms. */
  readonly at: number;
}

export interface AuditWriter {
  /** Inside the transaction that does it. */
  note(tx: Transaction, at: number, act: Act): void;
}

export interface Audit extends AuditWriter {
  /** What came of the operation of this id in the last 24 hours. */
  operation(operationId: string): Operation | undefined;
  /** By its number in the feed. */
  entry(n: number): Audited | undefined;
  /** At most `limit`, newest first, those before number `before`. */
  list(limit: number, before?: number): Audited[];
}

/** A caller that asks again after a day means something new (ms). */
const operationRetentionMs = 24 * 3_600_000;

export function createAudit({ store, feed }: { readonly store: Store; readonly feed: FeedWriter }): Audit {
  return {
    note(tx, at, act) {
      const n = feed.note(tx, { at, what: 'act' });
      tx.put('audit', [n], { at, ...act });
      tx.put('operations', [act.operationId], { call: act.call, feed: n, effects: act.effects });
      tx.put('expiries', [at + operationRetentionMs, 'operation', act.operationId], true);
    },
    operation: (operationId) => store.get('operations', operationId),
    entry(n) {
      const found = store.get('audit', n);
      return found && { n, ...found };
    },
    list(limit, before) {
      const after: [number] | undefined = before === undefined ? undefined : [before];
      return [...store.scan('audit', [], { reverse: true, limit, after })].map(({ key: [n], value }) => ({
        n,
        ...value,
      }));
    },
  };
}
