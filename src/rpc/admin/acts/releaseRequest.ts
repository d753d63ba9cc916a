// Requests.Release: goes on with a request whose actor has failed.
import { Requests } from '../../../gen/admin/v1/requests_pb.js';
import type { AdminDependencies } from '../dependencies.js';
import { acting } from './acting.js';
import { nothingToDo, type OnRequestDependencies, onRequest } from './onRequest.js';

/** Of one request within an hour: what fails again each time is not helped by one more. */
const mostReleases = 3;

/** Refused when it is not set aside, and after three times within an hour. */
export const releaseRequest = (dependencies: OnRequestDependencies & Pick<AdminDependencies, 'releases'>) =>
  acting(
    Requests.method.release,
    dependencies,
    onRequest(
      'release',
      dependencies,
      ({ request: { requestId }, state, seq }) => {
        const { releases, setAside } = dependencies;
        if (releases.recent(requestId) >= mostReleases)
          throw nothingToDo(
            'release',
            `released ${mostReleases} times within an hour, and set aside again: report the bug`,
          );
        return {
          effects: [
            `Request ${requestId} goes on from its last transition, number ${seq}: ${state}. It was set aside after ${setAside.get(requestId)}`,
          ],
          apply: (act) => releases.release(requestId, act),
        };
      },
      { forSetAside: true },
    ),
  );
