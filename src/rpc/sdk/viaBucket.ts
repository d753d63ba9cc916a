// Where a bucket serves proofs itself: its URL in place of ours in the answer that a client downloads by.
import type { DirectTransfers } from '../../artifacts/s3/presignedTransfers.js';
import type { RequestView } from '../../machines/request/view.js';
import { isWeaker } from './artifactOrigin.js';
import type { SdkDependencies } from './dependencies.js';

/** Our own URL stays where the proof is private, where the bucket's would be in the clear, or where the bucket cannot give one now. */
export async function viaBucket<A extends { proofUri?: string | undefined }>(
  direct: DirectTransfers,
  { catalog }: Pick<SdkDependencies, 'catalog'>,
  view: RequestView,
  answer: A,
): Promise<A> {
  const record = view.state === 'fulfilled' ? catalog.lookup(view.proof.id) : undefined;
  if (view.state !== 'fulfilled' || record === undefined) return answer;
  const proofUri = await direct.downloadUrl(view.proof, record);
  return proofUri === undefined || isWeaker(proofUri, answer.proofUri ?? '') ? answer : { ...answer, proofUri };
}
