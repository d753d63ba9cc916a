// What is seen of a delivery is on disk, and acted on.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { create } from '@bufbuild/protobuf';
import { createSigner } from '../client/signer.js';
import { openFeed } from '../feed/feed.js';
import {
  FulfillmentStatus,
  GetProofRequestDetailsResponseSchema,
  ProofRequestSchema,
} from '../gen/network/network_pb.js';
import { type Address, bytesOf, type RequestId } from '../ids.js';
import { createLog } from '../log.js';
import { createAudit } from '../operations/audit.js';
import { createStore } from '../store/environment.js';
import { deliveryStart } from '../testkit/world/deliveries.js';
import { createMemoryPages } from '../testkit/world/memoryPages.js';
import { SimulatedClock } from '../testkit/world/simulatedClock.js';
import { createDeliveries, type DeliveriesParameters } from './deliveries.js';
import { createSigningKeys } from './signingKeys.js';
import type { Upstream } from './upstream.js';

it('T26: assigned to another prover is seen when that is on disk and its work is being stopped', async (t) => {
  const disk = Promise.withResolvers<void>();
  let flushing = Promise.resolve();
  const pages = createMemoryPages({ flush: () => flushing });
  const store = await createStore(pages);
  const clock = new SimulatedClock();
  const log = createLog('silent');
  const feed = openFeed({ store, clock, retention: 100 });
  const request = create(ProofRequestSchema, {
    fulfillmentStatus: FulfillmentStatus.ASSIGNED,
    fulfiller: bytesOf('b0'.repeat(20) as Address),
  });
  const upstream = {
    read: async () => create(GetProofRequestDetailsResponseSchema, { request }),
  } as unknown as Upstream;
  const stopped: RequestId[] = [];
  const deliveries = createDeliveries({
    store,
    feed,
    audit: createAudit({ store, feed }),
    life: 1,
    clock,
    log,
    upstream,
    keys: createSigningKeys({ signers: [createSigner('04'.padStart(64, '0'))], upstream, clock, log, note: () => {} }),
    policy: { deliver: 'proof', undelivered: 'release', reportExecutions: 'off' },
    owner: () => 'a0'.repeat(20) as Address,
    requestView: () => undefined,
    onRequestChange: () => () => {},
    openProof: async () => assert.fail('there is none'),
    watch: { tried: () => {}, moved: () => {} },
    stopWork: (localId) => void stopped.push(localId),
  } satisfies DeliveriesParameters);
  t.after(() => {
    disk.resolve();
    return deliveries.stop();
  });
  const start = deliveryStart();
  const { networkId } = start;
  await store.write((tx) => deliveries.writeFirst(tx, start));

  flushing = disk.promise;
  deliveries.begin(networkId);
  await clock.settle();
  // It is written, and what reads the store sees it.
  assert.equal(pages.unflushed, 1);
  assert.equal((store.get('deliveries', networkId)?.snapshot as { value: string }).value, 'foreign');
  assert.deepEqual([deliveries.viewOf(networkId)?.state, stopped], ['assigning', []]);
  disk.resolve();
  await deliveries.moved(networkId, 1);
  assert.deepEqual([deliveries.viewOf(networkId)?.state, stopped], ['foreign', [start.localId]]);
});
