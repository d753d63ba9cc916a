// What is said of a request that has ended and has no TEE proof to show.
import { sentenceOf } from '../../failures/sentenceOf.js';
import type { RequestView } from '../../machines/request/view.js';

export const proofIsGone = 'The proof was kept for as long as it had to be, and is gone.';

/** 422 for one that has failed, 410 for one that was given up. */
export function whyNoProof(end: Exclude<RequestView, { state: 'fulfilled' }>): { status: number; why: string } {
  if (end.state === 'failed') return { status: 422, why: sentenceOf(end.failure) };
  const why = end.state === 'expired' ? 'The deadline of the request has passed.' : 'The request was cancelled.';
  return { status: 410, why };
}
