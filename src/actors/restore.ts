// Brings every open request back after a start, before any call is answered.
import type { Address, RequestId } from '../ids.js';
import { type RequestView, type SnapshotLike, statePath } from '../machines/requestView.js';
import type { Store } from '../store/environment.js';
import type { Host } from './host.js';
import { RestoreError } from './host.js';

export interface RestoreParameters {
  readonly store: Store;
  readonly host: Host;
  /** Filled with the requests that were on a lane; they go first. */
  readonly resumed: Set<RequestId>;
  /** Called for every request that was already admitted, before any starts again: it keeps its place. */
  readonly occupy: (requestId: RequestId, requester: Address) => void;
}

/** Answers how many there were. Throws a RestoreError that names the first request which cannot be restored. */
export function restoreOpenRequests({ store, host, resumed, occupy }: RestoreParameters): number {
  // Read first, start then: starting writes, and an open scan would hold on to old pages.
  const ids = [...store.scan('openRequests', [])].map(({ key }) => key[0]);
  const envelopes = ids.map((requestId) => {
    const envelope = store.get('snapshots', requestId);
    if (envelope === undefined) throw new RestoreError(requestId, 'it is listed as open but has no snapshot');
    return { requestId, envelope };
  });
  // All who were admitted take their places before anyone who waits may look for one.
  for (const { requestId, envelope } of envelopes) {
    const { value, context } = envelope.snapshot as Partial<SnapshotLike>;
    // A snapshot of another shape is told of when it is restored.
    if (context !== undefined && statePath(value) !== 'requested') occupy(requestId, context.request.requester);
  }
  for (const { requestId, envelope } of envelopes) {
    host.restore(requestId, envelope, (stored) => {
      if (wasRunning(stored)) resumed.add(requestId);
    });
  }
  return ids.length;
}

const wasRunning = (view: RequestView) => 'phase' in view && view.phase === 'running';
