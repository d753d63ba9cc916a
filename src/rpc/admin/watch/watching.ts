// What a watcher has asked for, understood: where it begins, and which requests it is about.
import { create, toBinary } from '@bufbuild/protobuf';
import { fail } from '../../../failures/fail.js';
import { FailureError } from '../../../failures/failureError.js';
import {
  type Filter,
  type RequestsWatchRequest,
  RequestsWatchRequestSchema,
} from '../../../gen/admin/v1/requests_pb.js';
import { deliveryStates } from '../../../machines/delivery/view.js';
import type { RequestView } from '../../../machines/request/view.js';
import type { Look } from '../../../requests/why/why.js';
import type { FeedEntry, JournalEntry } from '../../../store/buckets.js';
import { matcherOf } from '../filter.js';

export interface Watching {
  /** The same for all that mean the same. */
  readonly key: string;
  /** Undefined: from now on. */
  readonly after: number | undefined;
  /** Whether a request is meant, whatever its state is. */
  readonly isMeant: (view: RequestView) => boolean;
  /** Whether a transition has to do with the states that are meant. */
  readonly concerns: (entry: Pick<JournalEntry, 'from' | 'to'>) => boolean;
  /** Whether what it is about is meant. */
  readonly isWanted: (what: FeedEntry['what']) => boolean;
  /** Whether a transition of a delivery has to do with the states that are meant. */
  readonly concernsDelivery: (entry: Pick<JournalEntry, 'from' | 'to'>) => boolean;
  readonly progress: boolean;
  readonly coalesceMs: number;
}

/** What entries of the feed are about, by the words of the wire. */
const kindsOf = {
  request: 'request',
  delivery: 'delivery',
  signer: 'signer',
  lane: 'lane',
  service: 'start',
  audit: 'act',
} as const satisfies Record<string, FeedEntry['what']>;

const longestCoalesceMs = 2_000;

/** Reasons change with everybody's place in a line, and no event says so. */
export const noReasons: Look = { reasonsOf: () => [], codeOf: () => undefined };

/** What is refused here is not asked. */
const ofNoMoment = { needs: () => false, now: 0 };

/** `newest`: of the feed. Throws NOT_UNDERSTOOD, CURSOR_AHEAD. */
export function watchingOf(request: RequestsWatchRequest, newest: number): Watching {
  const { filter, afterFeed, progress, coalesceMs, kinds, deliveryStates: states } = request;
  if (coalesceMs > longestCoalesceMs) throw notUnderstood('coalesce_ms', `it is at most ${longestCoalesceMs}`);
  if ((filter?.reasons.length ?? 0) > 0)
    throw notUnderstood('filter.reasons', 'reasons change without an event, list requests by them instead');
  if (filter?.needsYou)
    throw notUnderstood('filter.needs_you', 'that changes without an event, list those that need a person instead');
  if (filter?.waitingLongerThan)
    throw notUnderstood('filter.waiting_longer_than', 'time passes without an event, list those that wait instead');
  for (const kind of kinds)
    if (!Object.hasOwn(kindsOf, kind)) throw notUnderstood('kinds', `there are ${Object.keys(kindsOf).join(', ')}`);
  for (const state of states)
    if (!deliveryStates.some((known) => known === state))
      throw notUnderstood('delivery_states', `there are ${deliveryStates.join(', ')}`);
  const wanted = new Set(kinds.map((kind) => kindsOf[kind as keyof typeof kindsOf]));
  if (afterFeed > BigInt(newest)) throw new FailureError(fail('CURSOR_AHEAD', { after: String(afterFeed), newest }));
  // Refuses words that nothing can match.
  matcherOf(filter, noReasons, ofNoMoment);
  const meaning = create(RequestsWatchRequestSchema, { ...(filter && { filter }), kinds, deliveryStates: states });
  return {
    key: Buffer.from(toBinary(RequestsWatchRequestSchema, meaning)).toString('latin1'),
    after: afterFeed === 0n ? undefined : Number(afterFeed),
    isMeant: matcherOf(filter && { ...filter, states: [], phases: [] }, noReasons, ofNoMoment),
    concerns: ({ from, to }) => isAmong(filter, from) || isAmong(filter, to),
    isWanted: (what) => kinds.length === 0 || wanted.has(what),
    concernsDelivery: ({ from, to }) => states.length === 0 || states.includes(from) || states.includes(to),
    progress,
    coalesceMs,
  };
}

/** Of a path such as `proving.running`. */
function isAmong(filter: Filter | undefined, path: string): boolean {
  if (filter === undefined) return true;
  const [state = '', phase = ''] = path.split('.');
  const { states, phases } = filter;
  return (states.length === 0 || states.includes(state)) && (phases.length === 0 || phases.includes(phase));
}

const notUnderstood = (field: string, problem: string) => new FailureError(fail('NOT_UNDERSTOOD', { field, problem }));
