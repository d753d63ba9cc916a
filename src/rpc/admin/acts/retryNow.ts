// Requests.RetryNow: ends a pause between two tries.
import { Requests } from '../../../gen/admin/v1/requests_pb.js';
import { acting } from './acting.js';
import { nothingToDo, type OnRequestDependencies, onRequest } from './onRequest.js';

/** Refused when it does not back off. */
export const retryNow = (dependencies: OnRequestDependencies) =>
  acting(
    Requests.method.retryNow,
    dependencies,
    onRequest('retry-now', dependencies, (view) => {
      if (view.state !== 'proving' || view.phase !== 'backingOff')
        throw nothingToDo('retry-now', 'phase' in view ? `${view.state}.${view.phase}` : view.state);
      const { requestId } = view.request;
      return {
        event: { type: 'RETRY_DUE' },
        effects: [
          `Request ${requestId} begins try ${view.attempt + 1} at its proof now, without the rest of its pause.`,
        ],
      };
    }),
  );
