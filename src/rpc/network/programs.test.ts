import assert from 'node:assert/strict';
import { it } from 'node:test';
import { setImmediate as loopTurn } from 'node:timers/promises';
import { create, toBinary } from '@bufbuild/protobuf';
import { artifactUri } from '../../artifacts/capability.js';
import { CreateProgramRequestSchema } from '../../gen/network/network_pb.js';
import { type Address, newArtifactId } from '../../ids.js';
import type { ProgramRecord } from '../../store/buckets.js';
import { programOf } from '../../testkit/sdk/program.js';
import type { CallContext } from '../grpc/call.js';
import type { NetworkDependencies } from './dependencies.js';
import { createProgram } from './programs.js';

it('CreateProgram answers for a program whose registration is still being flushed when that is on disk', async () => {
  const { vk, vkHash } = programOf();
  const owner = '11'.repeat(20) as Address;
  const artifactId = newArtifactId();
  // Written by another call: it can be read already.
  const record = { owner, artifactId, confirmed: true } as ProgramRecord;
  let flush = () => {};
  const flushed = new Promise<void>((resolve) => {
    flush = resolve;
  });
  const store = { get: () => record, write: () => flushed } as unknown as NetworkDependencies['store'];
  const signatures = { recover: async () => owner } as unknown as NetworkDependencies['signatures'];
  const message = create(CreateProgramRequestSchema, {
    signature: new Uint8Array(65),
    body: { nonce: 1n, vkHash, vk: new Uint8Array(vk), programUri: artifactUri(artifactId) },
  });
  const raw = toBinary(CreateProgramRequestSchema, message);
  let isAnswered = false;
  const method = createProgram({ store, signatures } as NetworkDependencies);
  const answer = Promise.resolve(method.answer({ raw } as CallContext)).then(() => {
    isAnswered = true;
  });
  for (let turn = 0; turn < 10; turn += 1) await loopTurn();
  assert.equal(isAnswered, false);
  flush();
  await answer;
});
