// An operator's actions on a request: an event that must find it as the operator has seen it, with its audit in the same transaction.
import { fail } from '../failures/fail.js';
import { FailureError } from '../failures/failureError.js';
import type { RequestId } from '../ids.js';
import type { RequestEvent } from '../machines/request/rules.js';
import type { Act } from '../store/buckets.js';
import type { RequestHost } from './kind.js';
import type { Registry } from './registry.js';

export interface ActOnRequest {
  readonly requestId: RequestId;
  readonly event: RequestEvent;
  /** It has made so many transitions, or it has moved on. 0: however many. */
  readonly expectedSeq: number;
  readonly act: Act;
}

/** Resolves when it is done and on disk. Fails with STALE_VIEW, and with NOTHING_TO_DO when the machine does not take it. */
export type ActRequest = (on: ActOnRequest) => Promise<void>;

export const createActing =
  (host: Pick<RequestHost, 'act' | 'decidedSeq'>, registry: Pick<Registry, 'view'>): ActRequest =>
  async ({ requestId, event, expectedSeq, act }) => {
    const seq = host.decidedSeq(requestId);
    if (expectedSeq !== 0 && seq !== undefined && seq !== expectedSeq)
      throw new FailureError(fail('STALE_VIEW', { what: 'Request', id: requestId, seq }));
    // The host's kind finds it there again, when it writes the transition (`factsOf`).
    const withAct: RequestEvent & { readonly act: Act } = { ...event, act };
    const done = host.act(requestId, withAct);
    if (done !== undefined) return await done;
    const state = registry.view(requestId)?.state ?? 'gone';
    throw new FailureError(fail('NOTHING_TO_DO', { action: act.action, state }));
  };
