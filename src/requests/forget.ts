// What there is of an ended request beside its snapshot and its journal, and how all of it goes. Of its input nothing is left by then but
// the mark that it is spent, which goes with housekeeping.
import type { ArtifactBackend } from '../artifacts/port.js';
import type { RecordKind } from '../durable/records.js';
import type { RequestId } from '../ids.js';
import { isTerminal } from '../machines/request/view.js';
import type { Store } from '../store/environment.js';
import { proofPlaceOf } from './effects/requestArtifacts.js';
import { requestKind } from './kind.js';
import type { Registry } from './registry.js';

export const requestRecords = (parameters: {
  readonly store: Pick<Store, 'scan'>;
  readonly artifacts: Pick<ArtifactBackend, 'remove'>;
  readonly registry: Pick<Registry, 'view'>;
}): RecordKind => ({
  name: requestKind.name,
  buckets: requestKind.buckets,
  isOpen(id) {
    const view = parameters.registry.view(id as RequestId);
    return view !== undefined && !isTerminal(view);
  },
  forget(tx, id) {
    const { store, artifacts, registry } = parameters;
    const view = registry.view(id as RequestId);
    if (view === undefined) return undefined;
    const { request } = view;
    const { requestId, requester, createdAt, stdin } = request;
    tx.remove('requestsByRequester', requester, createdAt, requestId);
    // From here on the same submission again is one whose input was never uploaded.
    if (tx.get('requestOfStdin', stdin.id) === requestId) tx.remove('requestOfStdin', stdin.id);
    for (const { key } of store.scan('keysOfRequest', [requestId])) {
      const [, caller, name] = key;
      if (tx.get('requestOfKey', caller, name) === requestId) tx.remove('requestOfKey', caller, name);
      tx.remove('keysOfRequest', ...key);
    }
    for (const { key } of store.scan('results', [requestId])) tx.remove('results', ...key);
    // Its own retention is shorter. It is still there when that was longer in an earlier life.
    const proof = view.state === 'fulfilled' ? view.proof : undefined;
    if (proof === undefined || tx.get('artifacts', proof.id) === undefined) return undefined;
    tx.remove('artifacts', proof.id);
    return () => artifacts.remove(proof.id, proofPlaceOf(request));
  },
});
