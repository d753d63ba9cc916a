// Actions on one request: how its id is read, that it is as it was seen, and its row in the answer.

import type { MessageInitShape } from '@bufbuild/protobuf';
import { assertSeen } from '../../../failures/assertSeen.js';
import { fail } from '../../../failures/fail.js';
import { FailureError } from '../../../failures/failureError.js';
import type { RowSchema } from '../../../gen/admin/v1/requests_pb.js';
import type { RequestEvent } from '../../../machines/request/rules.js';
import type { RequestView } from '../../../machines/request/view.js';
import type { Act } from '../../../store/buckets.js';
import type { AdminDependencies } from '../dependencies.js';
import { requestNamed } from '../requestNamed.js';
import { rowOf } from '../rowOf.js';
import type { ActingDependencies, Action } from './acting.js';

export type OnRequestDependencies = ActingDependencies &
  Pick<AdminDependencies, 'browse' | 'registry' | 'setAside' | 'why' | 'actRequest'>;

/** What an action would do with a request as it stands. Throws what it is refused with. */
export type RequestStep = { readonly effects: readonly string[] } & (
  | { readonly event: RequestEvent }
  | { readonly apply: (act: Act) => Promise<void> }
);

/** `name`: after `request.`. Of those that are set aside only what is `forSetAside` does anything, and of no others. Throws NOT_UNDERSTOOD, REQUEST_UNKNOWN, AMBIGUOUS_ID, STALE_VIEW, NOTHING_TO_DO. */
export function onRequest<Call extends { readonly id: string }>(
  name: string,
  dependencies: OnRequestDependencies,
  step: (view: RequestView, call: Call) => RequestStep,
  { forSetAside = false }: { readonly forSetAside?: boolean } = {},
): Action<Call, { row: MessageInitShape<typeof RowSchema> }> {
  const { setAside, why, actRequest } = dependencies;
  return {
    name: `request.${name}`,
    async plan(call, expectedSeq) {
      const view = await requestNamed(call.id, dependencies);
      const { requestId } = view.request;
      assertSeen({ what: 'Request', id: requestId, seq: view.seq }, expectedSeq);
      if (setAside.has(requestId) !== forSetAside)
        throw nothingToDo(name, forSetAside ? 'not set aside' : 'set aside: release it first');
      const planned = step(view, call);
      return {
        target: requestId,
        effects: planned.effects,
        apply: (act) =>
          'apply' in planned
            ? planned.apply(act)
            : actRequest({ id: requestId, event: planned.event, expectedSeq, act }),
      };
    },
    async answer(call) {
      return { row: rowOf(await requestNamed(call.id, dependencies), why(), dependencies) };
    },
  };
}

export const nothingToDo = (action: string, state: string) =>
  new FailureError(fail('NOTHING_TO_DO', { action, state }));
