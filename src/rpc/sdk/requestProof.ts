// RequestProof: durable before it is answered, idempotent on (requester, stdin). When an answer is lost, the SDK retries
// with a new nonce and signature. It then gets the same id, and there is still one proof.
import { hash } from 'node:crypto';
import { create, toBinary } from '@bufbuild/protobuf';
import { fail } from '../../failures/fail.js';
import { FailureError } from '../../failures/failureError.js';
import { ProverNetwork, RequestProofResponseSchema } from '../../gen/network/network_pb.js';
import { bytesOf } from '../../ids.js';
import { programFor } from '../../programs/programs.js';
import { unaryBytes } from '../../transport/grpc/unary.js';
import { signedBody } from '../signed/signedBody.js';
import { traceparentOf } from '../traceparent.js';
import { assertElfClass, sp1Of } from './circuits.js';
import type { SdkDependencies } from './dependencies.js';
import { readProofCall, submissionOf } from './submission.js';

export const requestProof = (dependencies: SdkDependencies) => {
  const { registry, scheduling, store, catalog, direct, signatures, nonces, tee } = dependencies;
  return unaryBytes(ProverNetwork.method.requestProof, async ({ raw, headers }) => {
    const message = signedBody(raw);
    const call = readProofCall(raw, message);
    const requester = await signatures.recover({ message, signature: call.signature });
    const submission = { ...submissionOf(call, requester), ...traceparentOf(headers) };
    const program = programFor(store, submission.vkHash, requester);
    if (program === undefined) throw new FailureError(fail('PROGRAM_NOT_FOUND', { vkHash: submission.vkHash }));
    assertElfClass(program.elf, sp1Of(submission.version));
    const reason = scheduling.refusal(submission.mode);
    if (reason !== undefined) throw new FailureError(fail('MODE_UNAVAILABLE', { mode: submission.mode, reason }));
    const { vkHash, mode } = submission;
    // Known before anything has run, where the program has been registered.
    if (mode === 'tee' && tee?.isSignedFor?.(vkHash) === false)
      throw new FailureError(fail('PROGRAM_NOT_SIGNED_FOR', { vkHash }));
    const outage = scheduling.outage(submission.mode);
    if (outage !== undefined) throw new FailureError(outage);
    const digest = hash('sha256', message);
    const nonce = nonces.accept(requester, call.body.nonce, digest);
    await direct?.takeIn(submission.stdinId, 'stdin', requester);
    const requestId = await registry.submit(submission, {
      stdin() {
        const { sha256, sizeBytes, private: isPrivate } = catalog.owned(submission.stdinId, 'stdin', requester);
        return { id: submission.stdinId, sha256, sizeBytes, private: isPrivate };
      },
      alsoWrite(tx, id) {
        nonce.record(tx);
        catalog.reference(tx, submission.stdinId, id);
      },
    });
    const answer = { txHash: bytesOf(requestId), body: { requestId: bytesOf(requestId) } };
    return toBinary(RequestProofResponseSchema, create(RequestProofResponseSchema, answer));
  });
};
