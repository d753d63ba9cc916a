// A request that the network has becomes one of ours: it, its delivery and whatever ends with that are one transaction.
import type { Catalog } from '../artifacts/catalog.js';
import type { RequestId } from '../ids.js';
import type { Registry, Submission } from '../requests/registry.js';
import type { Transaction } from '../store/environment.js';
import type { Deliveries } from './deliveries.js';
import type { SeenRequest } from './readRequest.js';

export interface TakeInParameters {
  readonly catalog: Catalog;
  readonly registry: Pick<Registry, 'submit'>;
  readonly deliveries: Deliveries;
  /** After the deadline a proof is still offered for so long (ms). */
  readonly lateGraceMs: number;
}

/** Answers the id of the request here. Fails with what `registry.submit` fails with. */
export async function takeIn(
  { catalog, registry, deliveries, lateGraceMs }: TakeInParameters,
  {
    submission,
    networkId,
    seen,
  }: {
    readonly submission: Submission;
    readonly networkId: RequestId;
    /** What the network says of it, where it was asked already. */
    readonly seen?: Promise<SeenRequest>;
  },
  alsoWrite: (tx: Transaction) => void = () => {},
): Promise<RequestId> {
  const { stdinId, requester, deadlineAt } = submission;
  const id = await registry.submit(submission, {
    requestId: networkId,
    stdin() {
      const record = catalog.owned(stdinId, 'stdin', requester);
      return { id: stdinId, sha256: record.sha256, sizeBytes: record.sizeBytes, private: record.private };
    },
    alsoWrite(tx, localId) {
      catalog.reference(tx, stdinId, localId);
      deliveries.writeFirst(tx, { networkId, localId, deadlineAt, closesAt: deadlineAt + lateGraceMs });
      alsoWrite(tx);
    },
  });
  deliveries.begin(networkId, seen);
  return id;
}
