// Lets a request in: only so many are past `requested` at once, chosen by the same policy as lanes are.
import { fromCallback } from 'xstate';
import type { AdmissionInput, RequestEvent } from '../../machines/request/rules.js';
import type { Admission } from '../admission.js';

/** The place is given back by the host when the request has ended, not here: admission outlives this state. */
export const admitEffect = (admission: Admission) =>
  fromCallback<RequestEvent, AdmissionInput>(({ input, sendBack }) => {
    let isHeard = true;
    // Not within this call: an event of a child that is being started would reach its parent in the middle of a step.
    const leaveLine = admission.line({ ...input, resumed: false }, () =>
      queueMicrotask(() => {
        if (isHeard) sendBack({ type: 'ADMITTED' });
      }),
    );
    return () => {
      isHeard = false;
      leaveLine();
    };
  });
