// Deliveries that wait without an actor after a start: whatever they wait for wakes them, and nothing is sent twice.
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { FulfillmentStatus } from '../gen/network/network_pb.js';
import type { AskingClient } from '../testkit/fakeNetwork/askingClients.js';
import { createNetworkWorld, type NetworkWorld } from '../testkit/fakeNetwork/networkWorld.js';

const secondMs = 1_000;
const hourMs = 3_600 * secondMs;
const away = { kind: 'status', name: 'unavailable', text: 'away', effect: false } as const;
const always = 1_000_000;

describe('deliveries that sleep', { timeout: 120_000 }, () => {
  let made: NetworkWorld;
  beforeEach(async () => {
    made = await createNetworkWorld();
  });
  afterEach(() => made.end());

  async function until(holds: () => boolean, mostMs = 120 * secondMs): Promise<void> {
    for (let passed = 0; !holds(); passed += 250) {
      assert.ok(passed < mostMs, `it does not hold after ${passed} ms`);
      await made.clock.advance(250);
      await made.world.settle();
    }
  }
  async function proveAll(): Promise<void> {
    for (let quiet = 0; quiet < 3; ) {
      await made.world.settle();
      quiet = made.work() ? 0 : quiet + 1;
    }
  }
  const stateOf = (client: AskingClient) =>
    client.requestId && made.world.assembly.network?.deliveries.viewOf(client.requestId)?.state;
  const requestOf = (client: AskingClient) => made.requestsOf(client)[0] ?? assert.fail('the network has none');

  /** In this state, after a restart. */
  async function asleep(state: 'working' | 'pending', texts: readonly string[]): Promise<AskingClient[]> {
    const clients: AskingClient[] = [];
    for (const text of texts) clients.push(await made.ask(text));
    await until(() => clients.every((client) => stateOf(client) === 'working'));
    // Reports wait for a nonce that nobody tells.
    made.core.faults.set('GetNonce', away, always);
    if (state === 'pending') await proveAll();
    await until(() => clients.every((client) => stateOf(client) === state));
    await made.crash();
    await made.world.settle();
    assert.deepEqual(
      clients.map((client) => stateOf(client)),
      clients.map(() => state),
    );
    return clients;
  }

  it('T48, T53: those whose report waits are made in the order of their turns, each once', async () => {
    const clients = await asleep('pending', ['first', 'second', 'third']);
    made.core.faults.clear();
    await until(() => made.hasEnded());
    for (const client of clients) assert.equal(requestOf(client).accepted, 1);
    assert.deepEqual(made.core.invariants(), []);
  });

  it('those that wait for a proof report it when it is there', async () => {
    const clients = await asleep('working', ['first', 'second']);
    made.core.faults.clear();
    await proveAll();
    await until(() => made.hasEnded());
    for (const client of clients) assert.equal(requestOf(client).accepted, 1);
    assert.deepEqual(made.core.invariants(), []);
  });

  it('T23: what the network ends wakes the one that waits for its proof, and its work stops', async () => {
    const [client] = await asleep('working', ['given up there']);
    assert.ok(client?.requestId);
    made.core.control.setStatus(client.requestId, FulfillmentStatus.UNFULFILLABLE);
    await until(() => stateOf(client) === 'released');
    const view = () => made.world.system.registry.view(client.requestId as never);
    await until(() => view()?.state !== 'executing');
    const ended = view();
    assert.ok(ended?.state === 'failed' && ended.failure.code === 'NETWORK_GAVE_UP', ended?.state);
    assert.equal(made.core.record.of('FailFulfillment').length, 0);
  });

  it('T25: what another has fulfilled wakes the one whose report waits, and none is sent', async () => {
    const [client] = await asleep('pending', ['fulfilled by another']);
    assert.ok(client?.requestId);
    made.core.control.fulfilAsOther(client.requestId, Buffer.from('another proof'), 'cc'.repeat(20) as never);
    await until(() => stateOf(client) === 'superseded');
    made.core.faults.clear();
    await made.clock.advance(60 * secondMs);
    assert.equal(made.core.record.of('FulfillProof').length, 0);
  });

  it('T22: the end of its grace wakes it', async () => {
    const [client] = await asleep('pending', ['never taken']);
    assert.ok(client);
    for (let passed = 0; passed < 4.5 * hourMs; passed += 60 * secondMs) await made.clock.advance(60 * secondMs);
    await until(() => stateOf(client) === 'expired');
  });
});
