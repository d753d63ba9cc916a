// GetProgram and CreateProgram of the front. A program that is not here is "unknown", so that its client sends it through us, whoever has
// registered it before: it is here then, checked, and nothing has to be fetched from URLs that strangers chose.
import { createHash } from 'node:crypto';
import { create, toBinary } from '@bufbuild/protobuf';
import { fail } from '../../failures/fail.js';
import { FailureError } from '../../failures/failureError.js';
import { malformed } from '../../failures/malformed.js';
import {
  CreateProgramRequestSchema,
  CreateProgramResponseSchema,
  ProverNetwork,
} from '../../gen/network/network_pb.js';
import { bytesOf, type VkHash } from '../../ids.js';
import type { FetchedProgram } from '../../network/fetchProgram.js';
import { mayPass } from '../../network/upstream.js';
import type { UnaryMethod } from '../../transport/grpc/call.js';
import { parseMessage } from '../../transport/grpc/unary.js';
import { assertVkHash } from '../sdk/circuits.js';
import { vkHashField } from '../sdk/fields.js';
import { getProgram, registerProgram } from '../sdk/programs.js';
import { signedBody } from '../signed/signedBody.js';
import type { FrontDependencies } from './dependencies.js';
import { upstreamRefusal } from './forward.js';

const path = '/network.ProverNetwork/CreateProgram';
const alreadyExists = 6;

export function getNetworkProgram(dependencies: FrontDependencies): UnaryMethod {
  const local = getProgram(dependencies);
  return {
    path: local.path,
    answer(call) {
      const vkHash = vkHashField(parseMessage(ProverNetwork.method.getProgram.input, call.raw).vkHash);
      if (dependencies.store.get('networkPrograms', vkHash) === undefined)
        throw new FailureError(fail('PROGRAM_NOT_FOUND', { vkHash }));
      return local.answer(call);
    },
  };
}

export function createNetworkProgram(dependencies: FrontDependencies): UnaryMethod {
  const { store, signatures, network } = dependencies;
  const { programUploads } = network;
  return {
    path,
    async answer({ raw }) {
      const message = signedBody(raw);
      const { signature, body } = parseMessage(CreateProgramRequestSchema, raw);
      if (body === undefined) throw malformed('body', 'it is missing');
      const vkHash = vkHashField(body.vkHash);
      assertVkHash(body.vk, vkHash);
      const owner = await signatures.recover({ message, signature });
      const upload = programUploads.of(body.programUri);
      if (upload === undefined) throw malformed('program_uri', 'it must be the URI that CreateArtifact answered');
      // It has arrived with the upload already, unless that was answered 504 and not sent again.
      await programUploads.push(body.programUri, owner);

      const answer = await network.upstream.forward(path, raw);
      const isKnown = answer.ok || answer.code === alreadyExists || (await isRegistered(dependencies, answer, vkHash));
      if (!isKnown) throw upstreamRefusal(answer.code, answer.text);
      const { vk } = body;
      await registerProgram(dependencies, { vkHash, vk, artifactId: upload.artifactId, owner }, () => {});
      await store.write((tx) => tx.put('networkPrograms', [vkHash], true));
      if (answer.ok) return answer.bytes;
      const txHash = new Uint8Array(createHash('sha256').update(message).digest());
      return toBinary(CreateProgramResponseSchema, create(CreateProgramResponseSchema, { txHash, body: {} }));
    },
  };
}

/** After an answer that was lost: the network knows. */
async function isRegistered(
  { network }: FrontDependencies,
  { code: number }: { code: number },
  vkHash: VkHash,
): Promise<boolean> {
  if (!mayPass(number)) return false;
  const { getProgram } = ProverNetwork.method;
  const found = await network.upstream.read(getProgram, { vkHash: bytesOf(vkHash) }).catch(() => undefined);
  return found?.program !== undefined;
}

/** A program that others have registered at the network, and whose bytes were fetched: registered here for its requester. */
export const registerFetched =
  (dependencies: Parameters<typeof registerProgram>[0]) =>
  async (program: FetchedProgram): Promise<void> => {
    const { vkHash, vk } = program;
    assertVkHash(vk, vkHash);
    await registerProgram(dependencies, program, () => {});
  };
