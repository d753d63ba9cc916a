// An operator's actions on a durable machine: an event that must find it as the operator has seen it, with its audit in the same transaction.
import type { EventObject } from 'xstate';
import { assertSeen, type Seen } from '../failures/assertSeen.js';
import { fail } from '../failures/fail.js';
import { FailureError } from '../failures/failureError.js';
import type { Act } from '../store/buckets.js';
import type { Host } from './host.js';

/**
 * `expectedSeq`: it has made so many transitions, or it has moved on; 0: however many. Resolves when it is done and on disk. Fails with
 * STALE_VIEW, and with NOTHING_TO_DO when the machine does not take it.
 */
export type ActOn<Id extends string, Event extends EventObject> = (on: {
  readonly id: Id;
  readonly event: Event;
  readonly expectedSeq: number;
  readonly act: Act;
}) => Promise<void>;

export const createActOn =
  <Id extends string, Event extends EventObject>(
    host: Pick<Host<Id, never, never, Event>, 'act' | 'decidedSeq'>,
    { what, stateOf }: { readonly what: Seen['what']; readonly stateOf: (id: Id) => string | undefined },
  ): ActOn<Id, Event> =>
  async ({ id, event, expectedSeq, act }) => {
    const seq = host.decidedSeq(id);
    if (seq !== undefined) assertSeen({ what, id, seq }, expectedSeq);
    // The host's kind finds it there again, when it writes the transition (`factsOf`).
    const withAct: Event & { readonly act: Act } = { ...event, act };
    const done = host.act(id, withAct);
    if (done !== undefined) return await done;
    throw new FailureError(fail('NOTHING_TO_DO', { action: act.action, state: stateOf(id) ?? 'gone' }));
  };
