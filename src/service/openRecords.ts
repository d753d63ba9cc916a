// What is written of all that happens, opened before anything does: the feed, of which the first number is that of this start, the audit, and
// which life this is.
import type { Clock } from '../clock.js';
import { type Feed, openFeed } from '../feed/feed.js';
import { type Audit, createAudit } from '../operations/audit.js';
import type { Store } from '../store/environment.js';
import { nextLife } from './life.js';

export interface OpenedRecords {
  readonly feed: Feed;
  readonly audit: Audit;
  /** How often the service was started with this data folder. */
  readonly life: number;
}

/** `retention`: of the feed, in entries. Once a start. */
export async function openRecords(
  { store, clock }: { readonly store: Store; readonly clock: Clock },
  retention: number,
): Promise<OpenedRecords> {
  const feed = openFeed({ store, clock, retention });
  const life = await nextLife(store, feed, clock.now());
  return { feed, life, audit: createAudit({ store, feed }) };
}
