// An operator's actions on a signing key: an event that must find it as the operator has seen it, with its audit in the same transaction.
import type { Host } from '../durable/host.js';
import { fail } from '../failures/fail.js';
import { FailureError } from '../failures/failureError.js';
import type { SignerId } from '../ids.js';
import type { SignerEvent, SignerStart } from '../machines/signer/rules.js';
import type { SignerView } from '../machines/signer/view.js';
import type { Act } from '../store/buckets.js';

export interface SignerAct {
  readonly signerId: SignerId;
  readonly event: SignerEvent;
  /** It has made so many transitions, or it has moved on. 0: however many. */
  readonly expectedSeq: number;
  readonly act: Act;
}

/** Resolves when it is done and on disk. Fails with STALE_VIEW, and with NOTHING_TO_DO when the machine does not take it. */
export type ActOnSigner = (on: SignerAct) => Promise<void>;

export const createActOnSigner =
  (
    host: Pick<Host<SignerId, SignerStart, SignerView, SignerEvent>, 'act' | 'decidedSeq'>,
    viewOf: (signerId: SignerId) => SignerView | undefined,
  ): ActOnSigner =>
  async ({ signerId, event, expectedSeq, act }) => {
    const seq = host.decidedSeq(signerId);
    if (expectedSeq !== 0 && seq !== undefined && seq !== expectedSeq)
      throw new FailureError(fail('STALE_VIEW', { what: 'Signer', id: signerId, seq }));
    // The host's kind finds it there again, when it writes the transition (`factsOf`).
    const withAct: SignerEvent & { readonly act: Act } = { ...event, act };
    const done = host.act(signerId, withAct);
    if (done !== undefined) return await done;
    throw new FailureError(fail('NOTHING_TO_DO', { action: act.action, state: viewOf(signerId)?.state ?? 'gone' }));
  };
