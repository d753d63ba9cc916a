// The trace of a request that has ended, made of its journal: a span for its life, and one for each stay in a state, with lane and try. The
// same journal makes the same trace, ids included, so that sending it twice shows it once.
import { createHash } from 'node:crypto';
import type { RequestId } from '../ids.js';
import type { RequestView } from '../machines/request/view.js';
import type { JournalEntry } from '../store/buckets.js';
import type { Attributes, Moment, Span } from './span.js';

const digestOf = (text: string) => createHash('sha256').update(text).digest('hex');

/**
 * The first 16 bytes of the id's digest. Not of the id itself: whoever has that may ask for the state of its request, and for its signature in
 * mode tee, and a trace goes to others than the id does.
 */
export const traceIdOf = (requestId: RequestId): string => digestOf(requestId).slice(0, 32);

const spanIdOf = (requestId: RequestId, name: string): string => digestOf(`${requestId} ${name}`).slice(0, 16);

/** `journal`: its entries from the first on, perhaps not to the last. Answers the root first. */
export function traceOf(view: RequestView, journal: readonly JournalEntry[]): Span[] {
  const { requestId, mode, createdAt, traceparent } = view.request;
  // Of a client that has a trace of its own, it is a part of that one.
  const [, traceId = traceIdOf(requestId), parentId] = traceparent?.split('-') ?? [];
  const rootId = spanIdOf(requestId, 'root');
  const entries = inOrder(journal);
  const from = entries[0]?.at ?? createdAt;
  const to = Math.max(entries.at(-1)?.at ?? from, view.updatedAt);
  const failure = 'failure' in view ? view.failure.code : undefined;
  const error = failure ?? (view.state === 'expired' ? 'DEADLINE_PASSED' : undefined);
  const execution = 'execution' in view ? view.execution : null;
  const root: Span = {
    traceId,
    spanId: rootId,
    ...(parentId !== undefined && { parentId }),
    name: 'request',
    from,
    to,
    attributes: {
      'sealed.mode': mode,
      'sealed.state': view.state,
      ...(execution !== null && { 'sealed.cycles': BigInt(execution.cycles) }),
      ...(failure !== undefined && { 'sealed.failure.code': failure }),
      ...(entries.length <= view.seq && { 'sealed.truncated': true }),
    },
    moments: momentsOf(entries),
    ...(error !== undefined && { error }),
  };
  return [
    root,
    ...staysOf(entries).map(({ first, index, until }) => ({
      traceId,
      spanId: spanIdOf(requestId, String(index)),
      parentId: rootId,
      name: first.to,
      from: first.at,
      to: until.at,
      attributes: attributesOf(first, until),
      ...(until.failure !== undefined && { error: until.failure.code }),
    })),
  ];
}

/** The wall clock may have been set back in between. No span ends before it begins. */
function inOrder(journal: readonly JournalEntry[]): JournalEntry[] {
  let latest = 0;
  return journal.map((entry) => {
    latest = Math.max(latest, entry.at);
    return { ...entry, at: latest };
  });
}

/** From the entry that led into a state to the one that led on. `index`: of the first in its journal. */
interface Stay {
  readonly first: JournalEntry;
  readonly index: number;
  readonly until: JournalEntry;
}

function staysOf(entries: readonly JournalEntry[]): Stay[] {
  const stays: Stay[] = [];
  let since = 0;
  for (const [index, until] of entries.entries()) {
    const first = entries[since];
    if (index === 0 || first === undefined) continue;
    // An operator who moves a deadline leaves it where it was.
    if (until.to === first.to && until.attempt === first.attempt && until.lane === first.lane) continue;
    stays.push({ first, index: since, until });
    since = index;
  }
  return stays;
}

function attributesOf({ to, attempt, lane, life }: JournalEntry, { failure }: JournalEntry): Attributes {
  const [stage = '', phase] = to.split('.');
  return {
    'sealed.stage': stage,
    ...(phase !== undefined && { 'sealed.phase': phase }),
    ...(attempt !== undefined && { 'sealed.attempt': BigInt(attempt) }),
    // An entry that leads away from a lane names it too.
    ...(lane !== undefined && phase === 'running' && { 'sealed.lane': lane }),
    ...(life !== undefined && { 'sealed.life': BigInt(life) }),
    ...(failure !== undefined && { 'sealed.failure.code': failure.code }),
  };
}

/** Who has acted, and why, is for the audit alone. */
function momentsOf(entries: readonly JournalEntry[]): Moment[] {
  return entries.flatMap(({ at, failure, act, life }, index) => {
    const before = entries[index - 1];
    const moments: Moment[] = [];
    if (before?.life !== undefined && life !== undefined && life !== before.life)
      moments.push({ name: 'service.restarted', at, attributes: { 'sealed.life': BigInt(life) } });
    if (failure !== undefined)
      moments.push({ name: 'stage.failed', at, attributes: { 'sealed.failure.code': failure.code } });
    if (act !== undefined) moments.push({ name: 'operator.acted', at, attributes: { 'sealed.action': act.action } });
    return moments;
  });
}
