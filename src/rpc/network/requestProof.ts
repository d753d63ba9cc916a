// RequestProof: durable before it is answered, idempotent on (requester, stdin). The SDK retries with a new nonce and signature
// when an answer is lost; it then gets the same id and there is still one proof.
import { createHash } from 'node:crypto';
import { create, toBinary } from '@bufbuild/protobuf';
import type { Submission } from '../../actors/registry.js';
import { parseArtifactUri } from '../../artifacts/capability.js';
import { FailureError, fail } from '../../errors.js';
import {
  ProverNetwork,
  type RequestProofRequestBody,
  RequestProofRequestSchema,
  RequestProofResponseSchema,
} from '../../gen/network/network_pb.js';
import { type Address, bytesOf } from '../../ids.js';
import { signedBody } from '../signedBody.js';
import { parseMessage, unaryBytes } from '../unary.js';
import type { NetworkDependencies } from './dependencies.js';
import { assertElfClass, sp1Of } from './elfClass.js';
import { addressField, deadlineField, malformed, modeField, vkHashField } from './fields.js';
import { flavourOf } from './flavour.js';

/** What clients send as `version`: the circuit version, not that of the crate. */
export const supportedVersions = ['sp1-v6.1.0'] as const;

/** Only the auction reads the whitelist; here it is echoed, and bounded because it is stored. */
const maxWhitelist = 64;

export const requestProof = (dependencies: NetworkDependencies) => {
  const { registry, scheduling, store, catalog, signatures, nonces } = dependencies;
  return unaryBytes(ProverNetwork.method.requestProof, async ({ raw }) => {
    const message = signedBody(raw);
    if (flavourOf(message) === 'auction')
      throw malformed('body', 'it speaks the auction schema; select the reserved network mode or SP1_PROVER=hosted');
    const { signature, body } = parseMessage(RequestProofRequestSchema, raw);
    if (body === undefined) throw malformed('body', 'it is missing');
    const requester = await signatures.recover({ message, signature });
    const submission = submissionOf(body, requester);
    const program = store.get('programs', submission.vkHash);
    if (program === undefined) throw new FailureError(fail('PROGRAM_NOT_FOUND', { vkHash: submission.vkHash }));
    assertElfClass(program.elf, sp1Of(submission.version));
    const reason = scheduling.refusal(submission.mode);
    if (reason !== undefined) throw new FailureError(fail('MODE_UNAVAILABLE', { mode: submission.mode, reason }));
    const digest = createHash('sha256').update(message).digest('hex');
    const nonce = nonces.accept(requester, body.nonce, digest);
    const requestId = await registry.submit(submission, {
      stdin() {
        const { sha256, sizeBytes } = catalog.owned(submission.stdinId, 'stdin', requester);
        return { id: submission.stdinId, sha256, sizeBytes };
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

function submissionOf(body: RequestProofRequestBody, requester: Address): Submission {
  const { version } = body;
  if (!supportedVersions.some((supported) => supported === version)) {
    const shown = version.replace(/[^\x21-\x7e]/g, '?').slice(0, 32);
    throw new FailureError(fail('CIRCUIT_VERSION_UNSUPPORTED', { version: shown, supported: supportedVersions }));
  }
  const stdinId = parseArtifactUri(body.stdinUri);
  if (stdinId === undefined) throw malformed('stdin_uri', 'it must be the URI that CreateArtifact answered');
  if (body.whitelist.length > maxWhitelist) throw malformed('whitelist', `it may name at most ${maxWhitelist} provers`);
  return {
    requester,
    flavour: 'base',
    vkHash: vkHashField(body.vkHash),
    version,
    mode: modeField(body.mode),
    strategy: body.strategy,
    stdinId,
    stdinPrivate: body.stdinPrivate,
    deadlineAt: deadlineField(body.deadline),
    cycleLimit: body.cycleLimit.toString(),
    gasLimit: body.gasLimit.toString(),
    minAuctionPeriod: body.minAuctionPeriod.toString(),
    whitelist: body.whitelist.map((entry) => addressField('whitelist', entry)),
  };
}
