// RequestProof of the front: whatever can be refused is refused before a byte is sent, because a request that the network has cannot be taken
// back.
import { create, toBinary } from '@bufbuild/protobuf';
import { artifactUri } from '../../artifacts/capability.js';
import { fail } from '../../failures/fail.js';
import { FailureError } from '../../failures/failureError.js';
import { malformed } from '../../failures/malformed.js';
import { FulfillmentStrategy, ProverNetwork, RequestProofResponseSchema } from '../../gen/network/network_pb.js';
import { type Address, bytesOf } from '../../ids.js';
import { parseStdinUri } from '../../network/stdinUri.js';
import type { Submission } from '../../requests/registry.js';
import { unaryBytes } from '../../transport/grpc/unary.js';
import { type ProofCall, readProofCall, submissionOf } from '../sdk/submission.js';
import { signedBody } from '../signed/signedBody.js';
import { traceparentOf } from '../traceparent.js';
import type { FrontDependencies } from './dependencies.js';
import { upstreamRefusal } from './forward.js';
import { assertProvable } from './provable.js';

export const requestNetworkProof = (dependencies: FrontDependencies) =>
  unaryBytes(ProverNetwork.method.requestProof, async ({ raw, headers }) => {
    const { signatures, network, registry, store } = dependencies;
    const message = signedBody(raw);
    const call = readProofCall(raw, message);
    if (call.flavour !== 'base') throw new FailureError(fail('FLAVOUR_UNSUPPORTED'));
    const requester = await signatures.recover({ message, signature: call.signature });
    const submission = { ...localSubmission(dependencies, call, requester), ...traceparentOf(headers) };
    const known = store.get('requestOfStdin', submission.stdinId);
    const isKnown = known !== undefined && registry.view(known)?.request.requester === requester;
    const isReserved = isKnown || (await assertWelcome(dependencies, submission));

    const { nonce, stdinUri } = call.body;
    const outcome = await network.intake.submit({ submission, raw, message, nonce, stdinUri, isReserved });
    if (!outcome.ok) throw upstreamRefusal(outcome.code, outcome.text);
    const { requestId, txHash } = outcome;
    if ((await network.assigned(requestId)) === 'other') throw new FailureError(fail('ASSIGNED_ELSEWHERE'));
    // What was read may not be flushed yet, and an answer stands for what is on disk.
    await store.settled();
    if (registry.view(requestId) === undefined) throw new Error('a request that was taken in is not there');
    const answer = { txHash, body: { requestId: bytesOf(requestId) } };
    return toBinary(RequestProofResponseSchema, create(RequestProofResponseSchema, answer));
  });

/** With the input's URI as it is known inside. */
function localSubmission({ network }: FrontDependencies, call: ProofCall, requester: Address): Submission {
  const stdinId = parseStdinUri(network.publicUrl, call.body.stdinUri);
  if (stdinId === undefined) throw malformed('stdin_uri', 'it must be the URI that CreateArtifact answered');
  const body = { ...call.body, stdinUri: artifactUri(stdinId) };
  return submissionOf({ ...call, body } as ProofCall, requester);
}

/** Whether it is known to be reserved for us: not every network says so before. */
async function assertWelcome(dependencies: FrontDependencies, submission: Submission): Promise<boolean> {
  const { network, registry, scheduling, clock } = dependencies;
  const { requester, mode, strategy, deadlineAt } = submission;
  const { deadlineMarginMs } = network.settings;
  if (strategy !== FulfillmentStrategy.RESERVED) throw new FailureError(fail('STRATEGY_UNSUPPORTED'));
  if (deadlineAt - clock.now() < deadlineMarginMs)
    throw new FailureError(fail('DEADLINE_TOO_NEAR', { deadlineAt, marginMs: deadlineMarginMs }));
  const isMissing = isProgramMissing(dependencies, submission);
  const outage = scheduling.outage(mode);
  if (outage !== undefined) throw new FailureError(outage);
  registry.assertRoomFor(requester);

  const owner = network.owner();
  if (owner === undefined) throw new FailureError(fail('UPSTREAM_UNAVAILABLE'));
  const reservation = await network.reservationOf(requester);
  if (typeof reservation === 'object')
    throw new FailureError(fail('RESERVED_ELSEWHERE', { requester, fulfiller: reservation.other, owner }));
  if (isMissing) {
    // It has the network's word that it is known. Fetched last: it costs more than all that could be refused before.
    await network.programs.bring(submission.vkHash, requester);
    assertProvable(dependencies, submission);
  }
  return reservation === 'ours';
}

/** Throws what else keeps it from being proved here. */
function isProgramMissing(dependencies: FrontDependencies, submission: Submission): boolean {
  try {
    assertProvable(dependencies, submission);
    return false;
  } catch (error) {
    if (error instanceof FailureError && error.failure.code === 'PROGRAM_NOT_FOUND') return true;
    throw error;
  }
}
