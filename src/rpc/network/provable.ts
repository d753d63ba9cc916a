// Whether what is asked of the network can be proved here: asked of a call before it is passed on, and of what the network has assigned to us
// without one.
import { create } from '@bufbuild/protobuf';
import { artifactUri } from '../../artifacts/capability.js';
import { fail } from '../../failures/fail.js';
import { FailureError } from '../../failures/failureError.js';
import { type ProofRequest, RequestProofRequestBodySchema } from '../../gen/network/network_pb.js';
import type { ArtifactId } from '../../ids.js';
import { programFor } from '../../programs/programs.js';
import type { Submission } from '../../requests/registry.js';
import { assertElfClass, sp1Of } from '../sdk/circuits.js';
import type { SdkDependencies } from '../sdk/dependencies.js';
import { addressField } from '../sdk/fields.js';
import { submissionOf } from '../sdk/submission.js';

export type ProvableDependencies = Pick<SdkDependencies, 'scheduling' | 'store' | 'catalog'>;

/** Throws MODE_UNAVAILABLE, ARTIFACT_NOT_UPLOADED, ARTIFACT_NOT_OWNED, then PROGRAM_NOT_FOUND and ELF_CLASS_MISMATCH, in this order. */
export function assertProvable(
  { scheduling, store, catalog }: ProvableDependencies,
  { requester, vkHash, version, mode, stdinId }: Submission,
): void {
  if (mode === 'tee')
    throw new FailureError(fail('MODE_UNAVAILABLE', { mode, reason: 'the public network knows no such mode' }));
  const reason = scheduling.refusal(mode);
  if (reason !== undefined) throw new FailureError(fail('MODE_UNAVAILABLE', { mode, reason }));
  catalog.owned(stdinId, 'stdin', requester);
  const program = programFor(store, vkHash, requester);
  if (program === undefined) throw new FailureError(fail('PROGRAM_NOT_FOUND', { vkHash }));
  assertElfClass(program.elf, sp1Of(version));
}

/** A request as the network's lists show it. Throws what `submissionOf` and `assertProvable` throw. */
export const readNetworkRequest =
  (dependencies: ProvableDependencies) =>
  (request: ProofRequest, stdinId: ArtifactId): Submission => {
    const { vkHash, version, mode, strategy, deadline, cycleLimit, gasLimit, minAuctionPeriod, whitelist } = request;
    const body = create(RequestProofRequestBodySchema, {
      vkHash,
      version,
      mode,
      strategy,
      deadline,
      cycleLimit,
      gasLimit,
      minAuctionPeriod,
      whitelist,
      stdinPrivate: request.stdinPrivate,
      stdinUri: artifactUri(stdinId),
    });
    const submission = submissionOf({ flavour: 'base', body }, addressField('requester', request.requester));
    assertProvable(dependencies, submission);
    return submission;
  };
