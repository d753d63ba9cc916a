// Requests.Retry and GiveUp: what becomes of a request that is held.
import { fail } from '../../../failures/fail.js';
import { FailureError } from '../../../failures/failureError.js';
import { Requests } from '../../../gen/admin/v1/requests_pb.js';
import { isTerminal } from '../../../machines/request/view.js';
import { acting } from './acting.js';
import { nothingToDo, type OnRequestDependencies, onRequest } from './onRequest.js';

/** Refused when it is not held, and as INPUT_GONE when it has ended. */
export const retryHeld = (dependencies: OnRequestDependencies) =>
  acting(
    Requests.method.retry,
    dependencies,
    onRequest('retry', dependencies, (view) => {
      const { requestId } = view.request;
      if (isTerminal(view)) throw new FailureError(fail('INPUT_GONE', { requestId, state: view.state }));
      if (view.state !== 'held') throw nothingToDo('retry', view.state);
      return {
        event: { type: 'RETRY' },
        effects: [`Request ${requestId} goes on where it failed (${view.failure.code}), with nothing held against it.`],
      };
    }),
  );

/** Refused when it is not held. */
export const giveUp = (dependencies: OnRequestDependencies) =>
  acting(
    Requests.method.giveUp,
    dependencies,
    onRequest('give-up', dependencies, (view) => {
      if (view.state !== 'held') throw nothingToDo('give-up', view.state);
      const { requestId } = view.request;
      return {
        event: { type: 'END_HOLD' },
        effects: [`Request ${requestId} ends as failed with ${view.failure.code}, and its input is deleted.`],
      };
    }),
  );
