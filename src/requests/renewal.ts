// Signs once more for an execution that was signed for before: a registration runs out, and takes its signatures with it. The program need not
// run again as long as this process still vouches for what it has seen. What is recorded of the request stays as it was.
import type { ArtifactBackend } from '../artifacts/port.js';
import { failureFrom } from '../failures/failureFrom.js';
import type { RequestView } from '../machines/request/view.js';
import type { Signer, SigningKey } from '../tee/signer.js';
import { encodeTeeProof, publicValuesIn, teeDigest } from '../tee/teeProof.js';
import { proofPlaceOf } from './effects/requestArtifacts.js';
import type { Vouching } from './effects/vouching.js';

/** `gone`: the proof with its public values was kept for as long as it had to be. */
export type Renewed =
  | { readonly kind: 'renewed'; readonly proof: Buffer; readonly signer: SigningKey }
  | { readonly kind: 'other-mode' | 'gone' | 'unvouched' }
  | { readonly kind: 'no-signer'; readonly reason: string };

/** Of a fulfilled request. Rejects with BUCKET_UNAVAILABLE. */
export type Renew = (view: Extract<RequestView, { state: 'fulfilled' }>) => Promise<Renewed>;

export interface RenewalParameters {
  readonly artifacts: Pick<ArtifactBackend, 'read'>;
  readonly signer: Signer;
  readonly vouching: Pick<Vouching, 'isVouchedFor'>;
}

export const createRenewal =
  ({ artifacts, signer, vouching }: RenewalParameters): Renew =>
  async ({ request, execution, proof }) => {
    // A second factor is for one proof that is there already.
    if (request.mode !== 'tee' || request.form === 'secondFactor') return { kind: 'other-mode' };
    const { vouched } = execution;
    if (vouched === undefined || !vouching.isVouchedFor(request, execution)) return { kind: 'unvouched' };
    let file: Buffer;
    try {
      file = await artifacts.read(proof, proofPlaceOf(request));
    } catch (error) {
      const { code } = failureFrom(error, request.requestId);
      if (code === 'ARTIFACT_NOT_FOUND') return { kind: 'gone' };
      if (code === 'ARTIFACT_CORRUPT') return { kind: 'unvouched' };
      throw error;
    }
    // The file is the host's, and so is the digest that is recorded of it: only that of the values was vouched for.
    const publicValues = publicValuesIn(file, vouched.publicValues.sha256);
    if (publicValues === undefined) return { kind: 'unvouched' };
    const key = signer.active();
    if ('waiting' in key) return { kind: 'no-signer', reason: key.waiting };
    const { sign, ...facts } = key;
    const { vkHash } = vouched;
    const signature = sign(teeDigest(vkHash, publicValues));
    return { kind: 'renewed', proof: encodeTeeProof({ signature, vkHash, publicValues }), signer: facts };
  };
