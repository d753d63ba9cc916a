import assert from 'node:assert/strict';
import { it } from 'node:test';
import { setImmediate as loopTurn } from 'node:timers/promises';
import { create, toBinary } from '@bufbuild/protobuf';
import { artifactUri } from '../../artifacts/capability.js';
import { CreateProgramRequestSchema, GetProgramRequestSchema } from '../../gen/network/network_pb.js';
import type { Address } from '../../ids.js';
import type { ProgramRecord } from '../../store/buckets.js';
import { sampleArtifactId } from '../../testkit/sampleIds.js';
import { programOf } from '../../testkit/sdk/program.js';
import type { CallContext } from '../../transport/grpc/call.js';
import type { SdkDependencies } from './dependencies.js';
import { createProgram, getProgram } from './programs.js';

/** A program that another call has written: it can be read already, and is flushed when the test says so. */
function writtenProgram() {
  const { vk, vkHash } = programOf();
  const owner = '11'.repeat(20) as Address;
  const artifactId = sampleArtifactId();
  const record = { owner, artifactId, confirmed: true, vk: '00', createdAt: 0 } as ProgramRecord;
  const { promise, resolve: flush } = Promise.withResolvers<void>();
  const store = { get: () => record, settled: () => promise } as unknown as SdkDependencies['store'];
  return { vk, vkHash, owner, artifactId, store, flush };
}

async function assertWaits(answer: unknown, flush: () => void): Promise<void> {
  let isAnswered = false;
  const answered = Promise.resolve(answer).then(() => {
    isAnswered = true;
  });
  for (let turn = 0; turn < 10; turn += 1) await loopTurn();
  assert.equal(isAnswered, false);
  flush();
  await answered;
}

it('GetProgram shows a program when its registration is on disk', async () => {
  const { vkHash, store, flush } = writtenProgram();
  const raw = toBinary(GetProgramRequestSchema, create(GetProgramRequestSchema, { vkHash: vkHash }));
  await assertWaits(getProgram({ store } as SdkDependencies).answer({ raw } as CallContext), flush);
});

it('CreateProgram answers for a program whose registration is still being flushed when that is on disk', async () => {
  const { vk, vkHash, owner, artifactId, store, flush } = writtenProgram();
  const signatures = { recover: async () => owner } as unknown as SdkDependencies['signatures'];
  const message = create(CreateProgramRequestSchema, {
    signature: new Uint8Array(65),
    body: { nonce: 1n, vkHash, vk: new Uint8Array(vk), programUri: artifactUri(artifactId) },
  });
  const raw = toBinary(CreateProgramRequestSchema, message);
  await assertWaits(createProgram({ store, signatures } as SdkDependencies).answer({ raw } as CallContext), flush);
});
