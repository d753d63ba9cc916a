// What is left alone, while the network's list is looked through again.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { create } from '@bufbuild/protobuf';
import { type ProofRequest, ProofRequestSchema } from '../gen/network/network_pb.js';
import { type Address, bytesOf, type RequestId } from '../ids.js';
import { createLog } from '../log.js';
import { createStore } from '../store/environment.js';
import { createMemoryPages } from '../testkit/world/memoryPages.js';
import { SimulatedClock } from '../testkit/world/simulatedClock.js';
import { type AdoptionParameters, createAdoption } from './adoption.js';
import { stdinUriOf } from './stdinUri.js';

const publicUrl = 'https://prover.example.org';
const idOf = (byte: string) => byte.repeat(32) as RequestId;

it('a look that is under way shows what the one before has left, and its end what is not there any more', async () => {
  let flushing = Promise.resolve();
  const store = await createStore(createMemoryPages({ flush: () => flushing }));
  const clock = new SimulatedClock();
  const adoption = createAdoption({
    clock,
    log: createLog('silent'),
    store,
    catalog: { lookup: () => undefined },
    registry: { view: () => undefined },
    deliveries: { writeFirst: () => {}, begin: () => {} },
    intents: { get: () => undefined },
    publicUrl,
    lateGraceMs: 0,
    adopt: 'known',
    watch: { adopted: () => {}, duplicated: () => {}, programFetched: () => {} },
  } as unknown as AdoptionParameters);
  const assigned = (byte: string, stdinUri: string): [RequestId, ProofRequest] => {
    const requester = bytesOf('c0'.repeat(20) as Address);
    const deadline = BigInt(clock.now() / 1000 + 3_600);
    return [idOf(byte), create(ProofRequestSchema, { requester, stdinUri, deadline })];
  };
  const foreign = ['01', '02', '03'].map((byte) => assigned(byte, `https://elsewhere.example.org/${byte}`));
  await adoption.look(new Map(foreign));
  assert.deepEqual([...adoption.left.keys()], ['01', '02', '03'].map(idOf));

  // Its input is lost, which is written down before the others are looked at.
  const lost = assigned('04', stdinUriOf(publicUrl, idOf('ab') as never));
  const disk = Promise.withResolvers<void>();
  flushing = disk.promise;
  const looking = adoption.look(new Map([lost, ...foreign.slice(1)]));
  await clock.settle();
  assert.equal(adoption.left.size, 3);
  disk.resolve();
  await looking;
  assert.deepEqual([...adoption.left.keys()], ['02', '03'].map(idOf));
});
