// What the network ends by itself, in simulated time: believed at its second reading, told to the client with the network's cause, and never
// reported against.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FulfillmentStatus, ProofRequestError } from '../../src/gen/network/network_pb.js';
import type { AskingClient } from '../../src/testkit/fakeNetwork/askingClients.js';
import { createNetworkWorld, type NetworkWorld } from '../../src/testkit/fakeNetwork/networkWorld.js';

type Test = { after(work: () => Promise<void>): void };

async function started(t: Test): Promise<NetworkWorld> {
  const made = await createNetworkWorld();
  t.after(() => made.end());
  // The owner is known.
  await made.clock.advance(1_000);
  return made;
}

async function pass(made: NetworkWorld, ms: number, stepMs = 500): Promise<void> {
  for (let passed = 0; passed < ms; passed += stepMs) {
    await made.clock.advance(stepMs);
    await made.world.settle();
  }
}

/** A client whose delivery is in `working`, with its job waiting for a lane. */
async function working(made: NetworkWorld, text: string, options = {}) {
  const client = await made.ask(text, options);
  for (let round = 0; round < 20 && deliveryOf(made, client)?.state !== 'working'; round += 1) await pass(made, 500);
  assert.equal(deliveryOf(made, client)?.state, 'working');
  const [request] = made.requestsOf(client);
  assert.ok(request);
  return { client, request };
}

const deliveryOf = ({ world }: NetworkWorld, { requestId }: AskingClient) =>
  requestId && world.assembly.network?.deliveries.viewOf(requestId);
const localOf = ({ world }: NetworkWorld, { requestId }: AskingClient) =>
  requestId && world.system.registry.view(requestId);
const calls = (made: NetworkWorld, method: string) => made.core.record.of(method).length;

describe('a request that the network ends', { timeout: 60_000 }, () => {
  it('T23, 4.5: is not proved any more when that is read twice, and its client hears the cause of the network', async (t) => {
    const made = await started(t);
    const { client, request } = await working(made, 'given up');
    request.error = ProofRequestError.PUBLIC_VALUES_MISMATCH;
    made.core.control.setStatus(request.requestId, FulfillmentStatus.UNFULFILLABLE);
    await pass(made, 8_000);
    assert.equal(deliveryOf(made, client)?.state, 'released');
    const local = localOf(made, client);
    assert.ok(local?.state === 'failed');
    assert.deepEqual(local.failure.code === 'NETWORK_GAVE_UP' && [local.failure.error, local.failure.cause], [
      ProofRequestError.PUBLIC_VALUES_MISMATCH,
      'PUBLIC_VALUES_MISMATCH',
    ]);
    assert.equal(made.world.lanes.waiting.length, 0);
    assert.equal(calls(made, 'FailFulfillment'), 0);
  });

  it('4.5: is proved when the network takes that back before the second reading', async (t) => {
    const made = await started(t);
    const { client, request } = await working(made, 'taken back');
    made.core.control.setStatus(request.requestId, FulfillmentStatus.UNFULFILLABLE);
    const before = calls(made, 'GetProofRequestDetails');
    for (let waited = 0; waited < 20 && calls(made, 'GetProofRequestDetails') === before; waited += 1)
      await pass(made, 500);
    made.core.control.setStatus(request.requestId, FulfillmentStatus.ASSIGNED);
    await pass(made, 8_000);
    assert.equal(deliveryOf(made, client)?.state, 'working');
    await made.untilAllEnded();
    assert.equal(request.accepted, 1);
  });

  it('T24: while our FailFulfillment is under way, is released, at the cost of one nonce at most', async (t) => {
    const made = await started(t);
    const { client, request } = await working(made, 'both at once', { guestFails: true });
    made.core.faults.set('FailFulfillment', { kind: 'delayed', ms: 3_000 });
    while (made.work()) await made.world.settle();
    await pass(made, 100, 20);
    assert.equal(deliveryOf(made, client)?.state, 'submitting');
    made.core.control.setStatus(request.requestId, FulfillmentStatus.UNFULFILLABLE);
    await made.untilAllEnded();
    assert.equal(deliveryOf(made, client)?.state, 'released');
    assert.equal(calls(made, 'FailFulfillment'), 1);
    assert.equal(made.core.ledger.nonceOf(made.prover), 1n);
  });

  it('T24: and when that call never arrived, is released without another', async (t) => {
    const made = await started(t);
    const { client, request } = await working(made, 'lost', { guestFails: true });
    made.core.faults.set('FailFulfillment', { kind: 'lostBefore' });
    while (made.work()) await made.world.settle();
    made.core.control.setStatus(request.requestId, FulfillmentStatus.UNFULFILLABLE);
    await made.untilAllEnded();
    assert.equal(deliveryOf(made, client)?.state, 'released');
    assert.equal(calls(made, 'FailFulfillment'), 1);
    assert.equal(made.core.ledger.nonceOf(made.prover), 0n);
  });

  it('T25, 4.5: is served from there when somebody else has proved it, and no FulfillProof leaves', async (t) => {
    const made = await started(t);
    const { client, request } = await working(made, 'proved by another');
    made.core.control.fulfilAsOther(request.requestId, Buffer.from('a proof'), made.prover);
    await pass(made, 8_000);
    assert.equal(deliveryOf(made, client)?.state, 'superseded');
    const local = localOf(made, client);
    assert.equal(local?.state === 'failed' && local.failure.code, 'PROVED_ELSEWHERE');
    assert.equal(calls(made, 'FulfillProof'), 0);
  });
});
