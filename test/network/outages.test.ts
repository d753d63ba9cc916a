// Hours of a network that is away, half away, late or lagging, in simulated time.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FulfillmentStatus } from '../../src/gen/network/network_pb.js';
import type { AskingClient } from '../../src/testkit/fakeNetwork/askingClients.js';
import { createNetworkWorld, type NetworkWorld } from '../../src/testkit/fakeNetwork/networkWorld.js';

const minute = 60_000;
const hour = 60 * minute;
const away = { kind: 'lostBefore' } as const;

type Test = { after(work: () => Promise<void>): void };

async function started(t: Test, options: Parameters<typeof createNetworkWorld>[0] = {}): Promise<NetworkWorld> {
  const made = await createNetworkWorld(options);
  t.after(() => made.end());
  // The owner is known.
  await made.clock.advance(1_000);
  return made;
}

/** Clients that have their ids, and whose proofs are being made. */
async function asked(made: NetworkWorld, count: number, name = 'input'): Promise<AskingClient[]> {
  const clients: AskingClient[] = [];
  for (let number = 0; number < count; number += 1) clients.push(await made.ask(`${name} ${number}`));
  for (let round = 0; round < 60 && clients.some(({ state }) => state === 'asking'); round += 1) await pass(made, 200);
  assert.deepEqual([...new Set(clients.map(({ state }) => state))], ['answered']);
  return clients;
}

/** In steps that files and flushes keep up with. */
async function pass(made: NetworkWorld, ms: number, stepMs = 1_000): Promise<void> {
  for (let passed = 0; passed < ms; passed += stepMs) {
    await made.clock.advance(Math.min(stepMs, ms - passed));
    await made.world.settle();
  }
}

async function proveAll(made: NetworkWorld): Promise<void> {
  for (;;) {
    await made.world.settle();
    if (!made.work()) return;
  }
}

const calls = (made: NetworkWorld, method: string) => made.core.record.of(method);
const until = (made: NetworkWorld, ms: number) => ({ until: made.clock.now() + ms });
const deliveryOf = ({ world }: NetworkWorld, { requestId }: AskingClient) => {
  assert.ok(requestId);
  return world.assembly.network?.deliveries.viewOf(requestId);
};
const localOf = ({ world }: NetworkWorld, { requestId }: AskingClient) => {
  assert.ok(requestId);
  return world.system.registry.view(requestId)?.state;
};
const accepted = (made: NetworkWorld, client: AskingClient) => made.requestsOf(client).map((each) => each.accepted);

describe('outages of the network, in simulated time', { timeout: 600_000 }, () => {
  it('T20, rule 20: fifty proofs wait for an hour, and flow when the network is back, the earliest deadline first', async (t) => {
    const made = await started(t);
    const clients = await asked(made, 50);
    made.core.faults.set('*', away, until(made, hour));
    const before = made.core.record.calls.length;
    await proveAll(made);
    assert.ok(clients.every((client) => localOf(made, client) === 'fulfilled'));
    await pass(made, hour - minute, 5_000);
    // One report is under way and looks what became of it. The others wait, and cost nothing.
    const reads = calls(made, 'GetNonce').filter(({ at }) => at > made.clock.now() - 10 * minute);
    assert.ok(reads.length <= 21, `${reads.length} probes in ten minutes`);
    assert.ok(made.core.record.calls.length - before < 3_000, `${made.core.record.calls.length - before} calls`);
    assert.ok(calls(made, 'FulfillProof').length < 5);
    await pass(made, minute);
    for (let waited = 0; waited < 120 && clients.some((client) => accepted(made, client)[0] === 0); waited += 1)
      await pass(made, 1_000);
    assert.deepEqual([...new Set(clients.flatMap((client) => accepted(made, client)))], [1]);
    const deadlines = [...made.core.ledger.transactions.values()]
      .filter(({ method }) => method === 'FulfillProof')
      .slice(1)
      .map(({ requestId }) => made.core.ledger.requests.get(requestId as never)?.deadline ?? 0n);
    assert.deepEqual(
      deadlines,
      deadlines.toSorted((a, b) => Number(a - b)),
    );
    assert.deepEqual(made.core.invariants([Buffer.from('input 1')]), []);
  });

  for (const lateFulfil of ['accept', 'refuse'] as const)
    it(`T22: a deadline passes while its report waits, and the network would ${lateFulfil} it then`, async (t) => {
      const made = await started(t, { switches: { lateFulfil } });
      const [client] = (await asked(made, 1)) as [AskingClient];
      made.core.faults.set('FulfillProof', away, until(made, 4 * hour + minute));
      await proveAll(made);
      // The client does not wait for that.
      assert.equal(localOf(made, client), 'fulfilled');
      await pass(made, 4 * hour + minute, 30_000);
      await pass(made, 15 * minute, 5_000);
      assert.equal(deliveryOf(made, client)?.state, lateFulfil === 'accept' ? 'delivered' : 'expired');
      assert.deepEqual(accepted(made, client), [lateFulfil === 'accept' ? 1 : 0]);
      assert.equal(localOf(made, client), 'fulfilled');
    });

  it('T49: reads are answered and writes are not: no storm of reports, and health names it', async (t) => {
    const made = await started(t);
    const [client] = (await asked(made, 1)) as [AskingClient];
    made.core.faults.set('writes', away, until(made, 10 * minute));
    await proveAll(made);
    await pass(made, 9 * minute, 2_000);
    assert.ok(calls(made, 'FulfillProof').length <= 15, `${calls(made, 'FulfillProof').length} reports`);
    const health = made.world.assembly.network?.health();
    assert.deepEqual([health?.reachable, health?.reads.reachable, health?.writes.reachable], [false, true, false]);
    assert.deepEqual([health?.pending, (health?.oldestPendingSeconds ?? 0) >= 0], [1, true]);
    await pass(made, 3 * minute);
    assert.equal(deliveryOf(made, client)?.state, 'delivered');
    assert.deepEqual(accepted(made, client), [1]);
  });

  it('T49: writes are answered and reads are not: a report of unknown fate is not sent again', async (t) => {
    const made = await started(t);
    // Whose nonce is known from here on.
    await asked(made, 1);
    await proveAll(made);
    await pass(made, 2_000);
    const before = calls(made, 'FulfillProof').length;
    const [client] = (await asked(made, 1, 'after')) as [AskingClient];
    made.core.faults.set('reads', away, until(made, 10 * minute));
    made.core.faults.set('FulfillProof', { kind: 'lostAfter' });
    await proveAll(made);
    await pass(made, 9 * minute, 2_000);
    assert.equal(calls(made, 'FulfillProof').length, before + 1);
    assert.equal(deliveryOf(made, client)?.state, 'confirming');
    assert.equal(made.world.assembly.network?.health().reads.reachable, false);
    await pass(made, 2 * minute);
    assert.equal(deliveryOf(made, client)?.state, 'delivered');
    assert.deepEqual(accepted(made, client), [1]);
  });

  it('T18: GetNonce that lags behind is not believed below what was accepted', async (t) => {
    const made = await started(t);
    const clients = await asked(made, 3);
    const [first, second] = clients as [AskingClient, AskingClient];
    made.core.faults.set('FulfillProof', { kind: 'lostAfter' });
    made.core.control.lagNonces(2n);
    await proveAll(made);
    for (let waited = 0; waited < 60 && !made.hasEnded(); waited += 1) await pass(made, 2_000);
    assert.deepEqual(
      clients.map((client) => deliveryOf(made, client)?.state),
      ['delivered', 'delivered', 'delivered'],
    );
    assert.deepEqual([...accepted(made, first), ...accepted(made, second)], [1, 1]);
    assert.ok(calls(made, 'FulfillProof').length <= 6, `${calls(made, 'FulfillProof').length} reports`);
  });

  it('T9: a lost call whose trace the lists show late is one proof, and each of its requests is reported once', async (t) => {
    const made = await started(t, { switches: { requestIds: 'random' } });
    made.core.control.lagDetails(5_000);
    made.core.faults.set('RequestProof', { kind: 'lostAfter' });
    const client = await made.ask('late to be seen');
    for (let waited = 0; waited < 120; waited += 1) {
      await pass(made, 1_000);
      await proveAll(made);
    }
    assert.equal(client.state, 'answered');
    const all = made.requestsOf(client);
    assert.ok(all.length <= 2, `${all.length} requests`);
    assert.deepEqual(
      all.map(({ fulfillment }) => fulfillment),
      all.map(() => FulfillmentStatus.FULFILLED),
    );
    assert.deepEqual(
      accepted(made, client),
      all.map(() => 1),
    );
    const requests = [...made.world.store.scan('snapshots', [])];
    assert.equal(requests.length, 1);
  });

  it('T7: a client that never comes back does not leave an orphan', async (t) => {
    const made = await started(t);
    made.core.faults.set('RequestProof', { kind: 'silentAfter' });
    made.core.faults.set('GetProofRequestDetails', away, until(made, minute));
    made.core.faults.set('GetFilteredProofRequests', away, until(made, minute));
    const client = await made.ask('never comes back', { once: true });
    for (let waited = 0; waited < 120; waited += 1) {
      await pass(made, 2_000);
      await proveAll(made);
    }
    assert.equal(client.state, 'left');
    assert.deepEqual(accepted(made, client), [1]);
    assert.deepEqual([...made.world.store.scan('networkIntents', [])], []);
  });
});
