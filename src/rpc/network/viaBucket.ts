// Where a bucket serves proofs itself: its URL in place of ours in the answer that a client downloads by.
import type { DirectTransfers } from '../../artifacts/s3/direct.js';
import type { RequestView } from '../../machines/requestView.js';
import type { NetworkDependencies } from './dependencies.js';

/** Our own URL stays where the proof is private, or the bucket cannot give it now. */
export async function viaBucket<A extends object>(
  direct: DirectTransfers,
  { catalog }: Pick<NetworkDependencies, 'catalog'>,
  view: RequestView,
  answer: A,
): Promise<A> {
  const record = view.state === 'fulfilled' ? catalog.lookup(view.proof.id) : undefined;
  if (view.state !== 'fulfilled' || record === undefined) return answer;
  const proofUri = await direct.downloadUrl(view.proof, record);
  return proofUri === undefined ? answer : { ...answer, proofUri };
}
