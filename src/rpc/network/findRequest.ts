// Finds the request that a call names by its id, or says that there is none.
import type { Registry } from '../../actors/registry.js';
import { FailureError, fail } from '../../errors.js';
import type { RequestView } from '../../machines/requestView.js';
import { requestIdField } from './fields.js';

/** The durable view. Fails with MALFORMED_REQUEST and REQUEST_NOT_FOUND. */
export function findRequest({ registry }: { registry: Pick<Registry, 'view'> }, idBytes: Uint8Array): RequestView {
  const requestId = requestIdField(idBytes);
  const view = registry.view(requestId);
  if (view === undefined) throw new FailureError(fail('REQUEST_NOT_FOUND', { requestId }));
  return view;
}
