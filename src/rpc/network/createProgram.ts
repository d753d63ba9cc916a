// GetProgram and CreateProgram of the front. A program that the network knows is known when its bytes are here, or can be fetched from there
// with the first request. Any other is "unknown", so that its client sends it through us, whoever has registered it before.
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
import { mayPass, parsed } from '../../network/upstream.js';
import { confirmedProgram } from '../../programs/programs.js';
import type { UnaryMethod } from '../../transport/grpc/call.js';
import { parseMessage } from '../../transport/grpc/unary.js';
import { assertVkHash } from '../sdk/circuits.js';
import { vkHashField } from '../sdk/fields.js';
import { getProgram, registerProgram } from '../sdk/programs.js';
import { signedBody } from '../signed/signedBody.js';
import type { FrontDependencies } from './dependencies.js';
import { forwardRead, upstreamRefusal } from './forward.js';

const path = '/network.ProverNetwork/CreateProgram';
const alreadyExists = 6;

export function getNetworkProgram(dependencies: FrontDependencies): UnaryMethod {
  const { store, network } = dependencies;
  const local = getProgram(dependencies);
  return {
    path: local.path,
    async answer(call) {
      const vkHash = vkHashField(parseMessage(ProverNetwork.method.getProgram.input, call.raw).vkHash);
      const seen = store.get('networkPrograms', vkHash);
      if (seen !== undefined && confirmedProgram(store, vkHash) !== undefined) return local.answer(call);
      if (seen === false) throw new FailureError(fail('PROGRAM_NOT_FOUND', { vkHash }));
      const answer = await forwardRead(dependencies, local.path, call.raw);
      const { program } = parsed(ProverNetwork.method.getProgram.output, answer);
      if (program === undefined) throw new FailureError(fail('PROGRAM_NOT_FOUND', { vkHash }));
      if (seen === undefined) await store.write((tx) => tx.put('networkPrograms', [vkHash], true));
      if (confirmedProgram(store, vkHash) === undefined && !(await network.programs.canBeHad(program)))
        throw new FailureError(fail('PROGRAM_NOT_FOUND', { vkHash }));
      return answer;
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
      if (upload === undefined && network.settings.programUploads === 'here')
        throw malformed('program_uri', 'it must be the URI that CreateArtifact answered');
      // It has arrived with the upload already, unless that was answered 504 and not sent again.
      await programUploads.push(body.programUri, owner);

      const answer = await network.upstream.forward(path, raw);
      const isKnown = answer.ok || answer.code === alreadyExists || (await isRegistered(dependencies, answer, vkHash));
      if (!isKnown) throw upstreamRefusal(answer.code, answer.text);
      const { vk } = body;
      if (upload !== undefined)
        await registerProgram(dependencies, { vkHash, vk, artifactId: upload.artifactId, owner }, () => {});
      await store.write((tx) => {
        // What it has from others may be unusable still.
        if (tx.get('networkPrograms', vkHash) === undefined) tx.put('networkPrograms', [vkHash], true);
      });
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
