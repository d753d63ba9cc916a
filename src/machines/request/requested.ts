// How every request begins, written out: exactly what the machine persists in its first state. To compute it means to run the machine,
// which is most of what taking in a request would cost; `requested.test.ts` holds the two together.
import { admissionInput, freshContext, type ProofRequest } from './rules.js';

/** The persisted snapshot of `request@3` in `requested`, with both of its children. Plain data. */
export function requestedSnapshot(request: ProofRequest) {
  const context = freshContext(request);
  const child = (src: string, input: object) => ({ snapshot: { status: 'active', input }, src, syncSnapshot: false });
  return {
    status: 'active',
    value: { open: 'requested' },
    historyValue: {},
    context,
    children: {
      deadline: child('deadline', { at: request.deadlineAt }),
      '0.request@3.open.requested': child('admit', admissionInput(context)),
    },
  };
}
