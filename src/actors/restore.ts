// Brings every open request back after a start, before any call is answered.
import type { RequestId } from '../ids.js';
import type { RequestView } from '../machines/requestView.js';
import type { Store } from '../store/environment.js';
import type { Host } from './host.js';
import { RestoreError } from './host.js';

export interface RestoreParameters {
  readonly store: Store;
  readonly host: Host;
  /** Filled with the requests that were on a lane; they go first. */
  readonly resumed: Set<RequestId>;
  /** Called before a request that was already admitted starts again: it keeps its place. */
  readonly occupy: (requestId: RequestId) => void;
}

/** Answers how many there were. Throws a RestoreError that names the first request which cannot be restored. */
export function restoreOpenRequests({ store, host, resumed, occupy }: RestoreParameters): number {
  // Read first, start then: starting writes, and an open scan would hold on to old pages.
  const ids = [...store.scan('openRequests', [])].map(({ key }) => key[0]);
  for (const requestId of ids) {
    const envelope = store.get('snapshots', requestId);
    if (envelope === undefined) throw new RestoreError(requestId, 'it is listed as open but has no snapshot');
    host.restore(requestId, envelope, (stored) => {
      if (wasRunning(stored)) resumed.add(requestId);
      if (stored.state !== 'requested') occupy(requestId);
    });
  }
  return ids.length;
}

const wasRunning = (view: RequestView) => 'phase' in view && view.phase === 'running';
