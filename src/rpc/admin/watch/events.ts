// Entries of the feed as events: each is told with what it is about, as that stands now. Those that are told last are kept for all watchers,
// because watchers mostly ask for the same ones.
import type { MessageInitShape } from '@bufbuild/protobuf';
import type { FeedItem } from '../../../feed/feed.js';
import type { RequestsWatchResponseSchema } from '../../../gen/admin/v1/requests_pb.js';
import type { RequestId, SignerId } from '../../../ids.js';
import type { RequestView } from '../../../machines/request/view.js';
import type { JournalEntry } from '../../../store/buckets.js';
import { auditOf } from '../auditOf.js';
import { deliveryOf } from '../deliveryOf.js';
import type { AdminDependencies } from '../dependencies.js';
import { entryOf } from '../getHistory.js';
import { laneOf } from '../laneOf.js';
import { rowOf } from '../rowOf.js';
import { signerOf } from '../signerOf.js';
import { moment } from '../spans.js';
import { transitionOf } from '../transitionOf.js';
import { noReasons } from './watching.js';

export type EventMessage = MessageInitShape<typeof RequestsWatchResponseSchema>;

export interface FeedEvent {
  readonly message: EventMessage;
  /** Of a transition of a request. */
  readonly transition?: { readonly view: RequestView; readonly entry: JournalEntry };
  /** Of a delivery. */
  readonly delivery?: JournalEntry;
}

/** Of about a kilobyte. All that happens while watchers who want to hear less often do not look. */
const mostKept = 2_048;

export type EventsDependencies = Pick<
  AdminDependencies,
  'browse' | 'registry' | 'setAside' | 'scheduling' | 'audit' | 'orders' | 'network' | 'signers' | 'clock'
>;

/** Undefined when what it is about is not kept any more. */
export type Events = (item: FeedItem) => FeedEvent | undefined;

export function createEvents(dependencies: EventsDependencies): Events {
  const kept = new Map<number, FeedEvent | undefined>();
  return (item) => {
    if (kept.has(item.n)) return kept.get(item.n);
    const event = eventOf(item, dependencies);
    kept.set(item.n, event);
    const [oldest] = kept.keys();
    if (kept.size > mostKept && oldest !== undefined) kept.delete(oldest);
    return event;
  };
}

function eventOf({ n, entry, transition }: FeedItem, dependencies: EventsDependencies): FeedEvent | undefined {
  const numbered = { feed: BigInt(n), at: moment(entry.at) };
  if (entry.what === 'signer') return signerEvent(numbered, entry.id, entry.seq, dependencies);
  if ('seq' in entry)
    return entry.what === 'request'
      ? requestEvent(numbered, entry.id, entry.seq, transition, dependencies)
      : deliveryEvent(numbered, entry.id, entry.seq, dependencies);
  if (entry.what === 'start') {
    const value = { kind: 'started', facts: { life: String(entry.life) } };
    return { message: { ...numbered, event: { case: 'service', value } } };
  }
  if (entry.what === 'act') {
    const audited = dependencies.audit.entry(n);
    return audited && { message: { ...numbered, event: { case: 'audit', value: auditOf(audited) } } };
  }
  const { id, from, to, warm } = entry;
  const report = dependencies.scheduling.laneReports().find((lane) => lane.id === id);
  // Of a lane that this life of the service does not have, only the name is known.
  const lane = report === undefined ? { id } : laneOf(report, dependencies.orders);
  return { message: { ...numbered, event: { case: 'lane', value: { lane, from, to, warm } } } };
}

function requestEvent(
  numbered: Pick<EventMessage, 'feed' | 'at'>,
  id: RequestId,
  seq: number,
  recent: JournalEntry | undefined,
  dependencies: EventsDependencies,
): FeedEvent | undefined {
  const view = dependencies.registry.view(id);
  const entry = recent ?? (view && dependencies.browse.history(view, seq, 1)[0]?.entry);
  if (view === undefined || entry === undefined) return undefined;
  const value = { row: rowOf(view, noReasons, dependencies), entry: entryOf(seq, entry) };
  return { message: { ...numbered, event: { case: 'request', value } }, transition: { view, entry } };
}

/** Where the service is no front of a network any more, its deliveries are not told. */
function deliveryEvent(
  numbered: Pick<EventMessage, 'feed' | 'at'>,
  id: RequestId,
  seq: number,
  { network, clock }: EventsDependencies,
): FeedEvent | undefined {
  const view = network?.deliveries.viewOf(id);
  const [found] = view === undefined ? [] : (network?.deliveries.history(view, seq, 1) ?? []);
  if (view === undefined || found === undefined) return undefined;
  const { entry } = found;
  const value = { delivery: deliveryOf(view, clock.now()), transition: transitionOf(seq, entry) };
  return { message: { ...numbered, event: { case: 'delivery', value } }, delivery: entry };
}

function signerEvent(
  numbered: Pick<EventMessage, 'feed' | 'at'>,
  signerId: SignerId,
  seq: number,
  { signers }: EventsDependencies,
): FeedEvent | undefined {
  const view = signers?.views().find(({ start }) => start.signerId === signerId);
  const [found] = view === undefined ? [] : (signers?.history(view, seq, 1) ?? []);
  if (view === undefined || found === undefined) return undefined;
  const value = { signer: signerOf(view), transition: transitionOf(seq, found.entry) };
  return { message: { ...numbered, event: { case: 'signer', value } } };
}
