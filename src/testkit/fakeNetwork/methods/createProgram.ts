// CreateProgram and GetProgram of the fake network.
import { create, toBinary } from '@bufbuild/protobuf';
import { ArtifactType } from '../../../gen/artifact/artifact_pb.js';
import {
  CreateProgramRequestBodySchema,
  CreateProgramResponseSchema,
  ProverNetwork,
} from '../../../gen/network/network_pb.js';
import { bytesOf, parseVkHash } from '../../../ids.js';
import { unary, unaryBytes } from '../../../transport/grpc/unary.js';
import { secondsNow } from '../ledger.js';
import { malformedField, refused } from '../refused.js';
import { signedCall } from '../signedCall.js';
import type { FakeWorld } from '../world.js';

export const createProgram = (world: FakeWorld) =>
  unaryBytes(ProverNetwork.method.createProgram, ({ raw }) => {
    const { ledger, clock } = world;
    const { txHash } = signedCall(world, { raw, schema: CreateProgramRequestBodySchema }, ({ body, signer }) => {
      const vkHash = parseVkHash(body.vkHash);
      if (vkHash === undefined) throw malformedField('vk_hash');
      if (body.vk.byteLength === 0) throw malformedField('vk');
      const artifact = world.artifactOf(body.programUri);
      if (artifact?.type !== ArtifactType.PROGRAM || artifact.bytes === undefined) throw malformedField('program_uri');
      if (ledger.programs.has(vkHash) && world.switches().duplicateProgram === 'refuse')
        throw refused('alreadyExists', 'program already exists');
      const { vk, programUri } = body;
      return () => {
        if (!ledger.programs.has(vkHash))
          ledger.programs.set(vkHash, { vkHash, vk, programUri, owner: signer, createdAt: secondsNow(clock) });
        return undefined;
      };
    });
    const answer = { txHash: Buffer.from(txHash, 'hex'), body: {} };
    return toBinary(CreateProgramResponseSchema, create(CreateProgramResponseSchema, answer));
  });

export const getProgram = (world: FakeWorld) =>
  unary(ProverNetwork.method.getProgram, ({ vkHash }) => {
    const hash = parseVkHash(vkHash);
    if (hash === undefined) throw malformedField('vk_hash');
    const program = world.ledger.programs.get(hash);
    if (program === undefined) throw refused('notFound', 'program not found');
    const { vk, owner, createdAt } = program;
    const artifact = world.switches().programUri === 'public' ? world.artifactOf(program.programUri) : undefined;
    const programUri = artifact === undefined ? program.programUri : world.urlOf(artifact);
    return { program: { vkHash, vk, programUri, owner: bytesOf(owner), createdAt: BigInt(createdAt) } };
  });
