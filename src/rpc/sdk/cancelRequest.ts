// CancelRequest: its requester gives a request up, in either flavour. Durable before it is answered; cancelling again is OK.
import { createHash } from 'node:crypto';
import { fail } from '../../failures/fail.js';
import { FailureError } from '../../failures/failureError.js';
import { malformed } from '../../failures/malformed.js';
import { ProverNetwork } from '../../gen/network/network_pb.js';
import type { Address } from '../../ids.js';
import type { RequestView } from '../../machines/request/view.js';
import { unary } from '../../transport/grpc/unary.js';
import { signedBody } from '../signed/signedBody.js';
import type { SdkDependencies } from './dependencies.js';
import { findRequest } from './fields.js';

/** Fails with REQUEST_NOT_OWNED, REQUEST_ENDED, NONCE_STALE. Which of two ends comes first is decided by the request itself. */
export const cancelRequest = (dependencies: SdkDependencies) =>
  cancelAfter(dependencies, async (signer, nonce, digest) => {
    const { nonces, store } = dependencies;
    const accepted = nonces.accept(signer, nonce, digest.toString('hex'));
    // First: a crash between the two leaves a used nonce and an open request, and the caller, unanswered, asks again.
    await store.write(accepted.record);
  });

/** `useNonce` fails where the nonce is not the one that is due. */
export const cancelAfter = (
  dependencies: Pick<SdkDependencies, 'registry' | 'signatures'>,
  useNonce: (signer: Address, nonce: bigint, digest: Buffer) => Promise<void>,
) =>
  unary(ProverNetwork.method.cancelRequest, async ({ signature, body }, { raw, signal }) => {
    const { registry, signatures } = dependencies;
    const message = signedBody(raw);
    if (body === undefined) throw malformed('body', 'it is missing');
    const view = findRequest(dependencies, body.requestId);
    const { requestId, requester } = view.request;
    const signer = await signatures.recover({ message, signature });
    if (signer !== requester) throw new FailureError(fail('REQUEST_NOT_OWNED', { requestId }));
    assertNoOtherEnd(view);

    const digest = createHash('sha256').update(message).digest();
    await useNonce(signer, body.nonce, digest);
    assertNoOtherEnd(await registry.cancel(requestId, signal));
    return { txHash: new Uint8Array(digest), body: {} };
  });

function assertNoOtherEnd({ state, request: { requestId } }: RequestView): void {
  if (state === 'fulfilled' || state === 'failed' || state === 'expired')
    throw new FailureError(fail('REQUEST_ENDED', { requestId, state }));
}
