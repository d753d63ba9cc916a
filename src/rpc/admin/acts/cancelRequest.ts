// Requests.Cancel: ends an open request, as its requester could.
import { Requests } from '../../../gen/admin/v1/requests_pb.js';
import { isTerminal } from '../../../machines/request/view.js';
import { acting } from './acting.js';
import { nothingToDo, type OnRequestDependencies, onRequest } from './onRequest.js';

/** Refused when it has ended. */
export const cancelRequest = (dependencies: OnRequestDependencies) =>
  acting(
    Requests.method.cancel,
    dependencies,
    onRequest('cancel', dependencies, (view) => {
      if (isTerminal(view)) throw nothingToDo('cancel', view.state);
      const { requestId } = view.request;
      const lane = 'lane' in view && view.lane !== null ? ` Its work on ${view.lane} stops.` : '';
      return {
        event: { type: 'CANCEL' },
        effects: [`Request ${requestId} ends as cancelled, and its input is deleted.${lane}`],
      };
    }),
  );
