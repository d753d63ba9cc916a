// Requests.ApplyToMany: one action on all requests that fit, as they were when it began. It is nothing else than that action on each.
import { fail } from '../../../failures/fail.js';
import { FailureError } from '../../../failures/failureError.js';
import { failureFrom } from '../../../failures/failureFrom.js';
import { sentenceOf } from '../../../failures/sentenceOf.js';
import { Role } from '../../../gen/admin/v1/access_pb.js';
import { Requests, type RequestsApplyToManyRequest } from '../../../gen/admin/v1/requests_pb.js';
import { parseRequestId, type RequestId } from '../../../ids.js';
import { printable } from '../../../printable.js';
import type { Act } from '../../../store/buckets.js';
import type { Caller } from '../../connect/caller.js';
import type { AdminDependencies } from '../dependencies.js';
import { matcherOf } from '../filter.js';
import { needsSomebody } from '../needsYou.js';
import { acting } from './acting.js';
import { cancelRequest } from './cancelRequest.js';
import type { OnRequestDependencies } from './onRequest.js';
import { refuseSeq } from './onService.js';
import { setPriority } from './rankRequest.js';
import { releaseRequest } from './releaseRequest.js';
import { giveUp, retryHeld } from './retryHeld.js';
import { retryNow } from './retryNow.js';

/** More than any service has open, and a minute and a half of work. */
const mostRequests = 20_000;
/** Of those that are named one by one. */
const mostChosen = 500;
/** At once, and the pause behind them (ms): 200 a second, so that clients are answered as ever. */
const batch = { size: 20, pauseMs: 100 } as const;

export type ManyDependencies = OnRequestDependencies &
  Pick<AdminDependencies, 'releases' | 'orders' | 'clock' | 'readiness' | 'admission' | 'scheduling' | 'usual'>;

/** Refused as COUNT_DIFFERS when other requests fit than were confirmed. Of those in the list that have moved on, each is left. */
export const applyToMany = (dependencies: ManyDependencies) => {
  const { browse, why, orders, clock, readiness } = dependencies;
  const actions = actionsOf(dependencies);

  async function fitting({ filter, ids }: RequestsApplyToManyRequest): Promise<readonly RequestId[]> {
    const chosen = chosenOf(ids);
    const look = why();
    const fits = matcherOf(filter, look, { needs: needsSomebody(dependencies, look), now: clock.now() });
    return await browse.open((view) => (chosen?.has(view.request.requestId) ?? true) && fits(view), mostRequests + 1);
  }

  async function applyTo(ids: readonly RequestId[], one: One, act: Act): Promise<void> {
    // What they ask for is what this asks for.
    const caller = { name: act.operator, isClaimed: act.isClaimed, role: Role.OPERATE };
    const left: unknown[] = [];
    for (let from = 0; from < ids.length; from += batch.size) {
      if (from > 0) await new Promise<void>((resolve) => clock.wakeIn(batch.pauseMs, resolve));
      // What is done is done, each with its audit. The rest is asked for anew.
      if (readiness.state !== 'serving') throw new FailureError(fail('DRAINING'));
      const done = ids.slice(from, from + batch.size).map((id) => one(id, act.reason, caller));
      for (const each of await Promise.allSettled(done)) if (each.status === 'rejected') left.push(each.reason);
    }
    const [first] = left;
    const note = `${left.length} of them had moved on and were left, the first because: ${sentenceOf(failureFrom(first, ''))}`;
    // Last: after a crash the same operation is no repetition, but goes on with those that still fit.
    await orders.note(first === undefined ? act : { ...act, effects: [...act.effects, note] });
  }

  return acting(Requests.method.applyToMany, dependencies, {
    name: 'requests.many',
    async plan(call, expectedSeq) {
      refuseSeq(expectedSeq);
      const { action, expectedCount, change } = call;
      const one = actions.get(action);
      if (one === undefined) {
        const problem = `"${printable(action, 20)}" is none of ${[...actions.keys()].join(', ')}`;
        throw new FailureError(fail('NOT_UNDERSTOOD', { field: 'action', problem }));
      }
      const ids = await fitting(call);
      const found = ids.length;
      if (found > mostRequests) {
        const problem = `more than ${mostRequests} requests fit: ask for fewer`;
        throw new FailureError(fail('NOT_UNDERSTOOD', { field: 'filter', problem }));
      }
      const isConfirmed = expectedCount === found || (expectedCount === 0 && change?.dryRun === true);
      if (!isConfirmed) throw new FailureError(fail('COUNT_DIFFERS', { confirmed: expectedCount, found }));
      return {
        target: '',
        effects: [`${action} is done to each of the ${found} open requests that fit.`],
        apply: (act) => applyTo(ids, one, act),
      };
    },
    answer: async (call) => ({ fitting: Math.min((await fitting(call)).length, mostRequests) }),
  });
};

/** Undefined: all are. Throws NOT_UNDERSTOOD: what is no id would quietly be left out. */
function chosenOf(ids: readonly string[]): ReadonlySet<RequestId> | undefined {
  const refuse = (problem: string) => new FailureError(fail('NOT_UNDERSTOOD', { field: 'ids', problem }));
  if (ids.length > mostChosen) throw refuse(`${ids.length} are more than ${mostChosen}: ask for fewer`);
  const chosen = ids.map((text) => {
    const id = parseRequestId(text);
    if (id === undefined) throw refuse(`"${printable(text, 20)}" is no whole id of 64 hex digits`);
    return id;
  });
  return chosen.length === 0 ? undefined : new Set(chosen);
}

/** What it is to do it to one. */
type One = (id: RequestId, reason: string, caller: Caller) => Promise<unknown>;

function actionsOf(dependencies: ManyDependencies): ReadonlyMap<string, One> {
  const plain = (handler: (call: never, caller: Caller) => Promise<unknown>, more: object = {}): One => {
    const change = { operationId: '', dryRun: false, expectedSeq: 0 };
    return (id, reason, caller) => handler({ id, ...more, change: { ...change, reason } } as never, caller);
  };
  const priority = setPriority(dependencies);
  return new Map([
    ['cancel', plain(cancelRequest(dependencies))],
    ['retry', plain(retryHeld(dependencies))],
    ['retry-now', plain(retryNow(dependencies))],
    ['give-up', plain(giveUp(dependencies))],
    ['release', plain(releaseRequest(dependencies))],
    ...(['first', 'normal', 'last'] as const).map((each): [string, One] => [
      `priority-${each}`,
      plain(priority, { priority: each }),
    ]),
  ]);
}
