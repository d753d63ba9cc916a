// The trace of a client is kept with its request, whichever wire it comes by, and shown to operators.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { artifactUri } from '../../artifacts/capability.js';
import { runCli } from '../../cli/runCli.js';
import { Requests } from '../../gen/admin/v1/requests_pb.js';
import { ProofMode, RequestProofRequestSchema, RequestProofResponseSchema } from '../../gen/network/network_pb.js';
import { bytesOf, parseRequestId, type RequestId } from '../../ids.js';
import { sampleArtifactId } from '../../testkit/sampleIds.js';
import { scriptedCli } from '../../testkit/scriptedCli.js';
import { callJson } from '../../testkit/service/adminCalls.js';
import { startAdmin } from '../../testkit/service/adminWorld.js';
import { exampleRequest, startTeeService } from '../../testkit/service/teeService.js';
import { createMemoryPages } from '../../testkit/world/memoryPages.js';
import { createWorld, requester, vkHash } from '../../testkit/world/world.js';
import type { CallContext } from '../../transport/grpc/call.js';
import type { SdkDependencies } from './dependencies.js';
import { requestProof } from './requestProof.js';

const trace = '4bf92f3577b34da6a3ce929d0e0e4736';
const traceparent = `00-${trace}-00f067aa0ba902b7-01`;

it('RequestProof keeps the trace of its client with the request, and passes over what is none', async (t) => {
  const world = await createWorld({ pages: createMemoryPages() });
  const { store, clock, system, assembly, lanes: scheduling } = world;
  const signatures = { recover: async () => requester };
  const method = requestProof({
    registry: system.registry,
    catalog: assembly.catalog,
    nonces: { accept: () => ({ record: () => undefined }) },
    store,
    scheduling,
    signatures,
  } as unknown as SdkDependencies);
  const ask = async (headers: CallContext['headers']): Promise<RequestId> => {
    const stdinId = sampleArtifactId();
    await world.upload(stdinId, requester, 'x');
    const body = {
      nonce: 1n,
      vkHash: bytesOf(vkHash),
      version: 'sp1-v6.1.0',
      mode: ProofMode.CORE,
      strategy: 1,
      stdinUri: artifactUri(stdinId),
      deadline: BigInt(Math.floor(clock.now() / 1000) + 3_600),
      cycleLimit: 1_000n,
      gasLimit: 1_000n,
    };
    const message = create(RequestProofRequestSchema, { format: 1, signature: new Uint8Array(65), body });
    const raw = toBinary(RequestProofRequestSchema, message);
    const answer = fromBinary(RequestProofResponseSchema, await method.answer({ raw, headers } as CallContext));
    return parseRequestId(answer.body?.requestId ?? new Uint8Array()) ?? assert.fail();
  };
  const id = await ask({ traceparent });
  const without = await ask({ traceparent: `${traceparent}x` });
  const kept = (of: RequestId) => system.registry.view(of)?.request.traceparent;
  assert.deepEqual([kept(id), kept(without)], [traceparent, undefined]);
  const again = await world.reborn();
  t.after(() => again.end());
  assert.equal(again.system.registry.view(id)?.request.traceparent, traceparent);
  const to = await startAdmin(t, again);
  assert.equal((await callJson(to, Requests.method.get, { id })).request?.traceparent, traceparent);
  const cli = scriptedCli({}, { clock });
  assert.equal(await runCli(['admin', 'request', id, '--socket', 'path' in to ? to.path : ''], cli), 0);
  assert.match(cli.out(), new RegExp(`\\nTrace +${trace}\\n`));
});

it('a request of mode tee does so too', async (t) => {
  const service = await startTeeService(t);
  const { status, text } = await service.post('/request_proof', exampleRequest(), {
    'content-type': 'application/json',
    traceparent,
  });
  assert.equal(status, 200, text);
  assert.equal(service.world.system.registry.view(text as RequestId)?.request.traceparent, traceparent);
});
