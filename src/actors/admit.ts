// Lets a request in: only so many are past `requested` at once, chosen by the same policy as lanes are.
import { fromCallback } from 'xstate';
import type { RequestEvent, StageInput } from '../machines/requestRules.js';
import type { Admission } from './admission.js';

/** The place is given back by the host when the request has ended, not here: admission outlives this state. */
export const admitEffect = (admission: Admission) =>
  fromCallback<RequestEvent, StageInput>(({ input, sendBack }) => {
    const { requestId, requester, deadlineAt } = input.request;
    const controller = new AbortController();
    admission.admit({ requestId, requester, deadlineAt, resumed: false }, controller.signal).then(
      () => sendBack({ type: 'ADMITTED' }),
      // Given up while waiting: whoever aborted knows.
      () => {},
    );
    return () => controller.abort();
  });
