// Network mode over the ends of the process and of the network: nothing is lost, and nothing is sent twice.
import assert from 'node:assert/strict';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { FulfillmentStatus } from '../../src/gen/network/network_pb.js';
import type { Address, RequestId } from '../../src/ids.js';
import { type NetworkRig, reserved, startNetworkRig } from '../../src/testkit/fakeNetwork/networkRig.js';
import { expectedProof, stdinOf } from '../../src/testkit/service/serviceRequests.js';

const isFulfilled = ({ network }: NetworkRig, id: RequestId) =>
  network.ledger.requests.get(id)?.fulfillment === FulfillmentStatus.FULFILLED;

async function rig(t: { after(work: () => Promise<void>): void }, options: Parameters<typeof startNetworkRig>[0] = {}) {
  const made = await startNetworkRig(options);
  t.after(() => made.end());
  return made;
}

describe('restarts in network mode', { timeout: 600_000 }, () => {
  it('T12, rule 8: killed after the last byte of FulfillProof, it looks, and does not send again', async (t) => {
    const made = await rig(t);
    const requester = made.requester(1);
    await requester.register();
    const first = await requester.submit(stdinOf('warms up'), reserved);
    await made.network.record.waitFor(() => isFulfilled(made, first));
    // Accepted, and its answer never comes: it still waits when it is killed.
    made.network.faults.set('FulfillProof', { kind: 'silentAfter' });
    const id = await requester.submit(stdinOf('killed'), reserved);
    await made.network.record.waitFor(() => isFulfilled(made, id));
    await made.service.kill();
    made.service = await made.rig.serve({ 'public-url': made.rig.url });
    await made.service.until(
      ({ event, to, text }) => event === 'delivery.transition' && to === 'delivered' && text.includes(id),
    );
    assert.equal(made.network.ledger.requests.get(id)?.accepted, 1);
    assert.equal(made.network.record.of('FulfillProof').length, 2);
    assert.deepEqual(made.network.invariants(), []);
  });

  it('T10, T7: killed while RequestProof is on its way, the request is found by the next process, also if nobody asks', async (t) => {
    const made = await rig(t);
    const requester = made.requester(1, { retryBudgetMs: 0 });
    await requester.register();
    const stdinUri = await requester.uploadStdin(stdinOf('nobody asks'));
    // The network takes it, and its answer comes to no one.
    made.network.faults.set('RequestProof', { kind: 'silentAfter' });
    const asked = requester.ask(stdinUri, reserved).then(
      () => assert.fail('it must not be answered'),
      () => undefined,
    );
    await made.network.record.waitFor(() => made.network.ledger.requests.size === 1);
    await made.service.kill();
    await asked;
    made.service = await made.rig.serve({ 'public-url': made.rig.url });
    const [id] = made.network.ledger.requests.keys();
    assert.ok(id);
    await made.network.record.waitFor(() => isFulfilled(made, id));
    const { proofUrl } = await requester.client.waitProof(id);
    assert.deepEqual(await requester.fetchProof(proofUrl), expectedProof(stdinOf('nobody asks')));
    assert.equal(made.network.ledger.requests.size, 1);
  });

  it('T20, T21, rule 20: without the network it starts, proves, serves; intake waits, and reports flow when it is back', async (t) => {
    const made = await rig(t);
    const requester = made.requester(1, { retryBudgetMs: 0 });
    await requester.register();
    const done = await requester.submit(stdinOf('done before'), reserved);
    await made.network.record.waitFor(() => isFulfilled(made, done));
    // Every report is refused, so that this one is still owed.
    made.network.faults.set('FulfillProof', { kind: 'lostBefore' }, 1_000);
    const owed = await requester.submit(stdinOf('owed'), reserved);
    await requester.client.waitProof(owed);
    await made.service.kill();
    made.network.faults.clear();
    made.network.faults.set('*', { kind: 'lostBefore' }, 100_000);
    made.service = await made.rig.serve({ 'public-url': made.rig.url });
    for (const id of [done, owed]) {
      const { proofUrl } = await requester.client.waitProof(id);
      assert.ok((await requester.fetchProof(proofUrl)).byteLength > 0);
    }
    assert.equal((await fetch(`${made.rig.url}/health`)).status, 200);
    const accepted = () => made.network.ledger.requests.get(owed)?.accepted;
    assert.equal(accepted(), 0);
    made.network.faults.clear();
    await made.network.record.waitFor(() => isFulfilled(made, owed));
    assert.equal(accepted(), 1);
  });

  it('T29: the owner for whom our key signs may have the reservation', async (t) => {
    const owner = 'a0'.repeat(20) as Address;
    const made = await rig(t, {
      network: {
        routes: ({ control }) => {
          control.delegate('1eff47bc3a10a45d4b230b5d10e37751fe6aa718' as Address, owner);
          return [];
        },
      },
    });
    const requester = made.requester(1, { reserved: false });
    made.network.control.addReservation(requester.address, owner);
    await requester.register();
    const id = await requester.submit(stdinOf('for the owner'), reserved);
    await made.network.record.waitFor(() => isFulfilled(made, id));
    assert.equal(made.network.ledger.requests.get(id)?.fulfiller, owner);
  });

  it('T52: another key or network is refused while reports of the first one are owed, with their number', async (t) => {
    const made = await rig(t);
    const requester = made.requester(1);
    await requester.register();
    made.network.faults.set('FulfillProof', { kind: 'lostBefore' }, 1_000);
    const id = await requester.submit(stdinOf('still owed'), reserved);
    await requester.client.waitProof(id);
    await made.service.kill();
    const service = made.rig.spawn({ 'public-url': made.rig.url, 'network-url': 'http://127.0.0.1:9' });
    assert.notEqual((await service.exited).code, 0);
    assert.match(service.lines.map(({ text }) => text).join('\n'), /1 reports are still owed/);
  });

  it('T51: a key that others may read, none, and no key at all keep it from starting', async (t) => {
    const made = await rig(t);
    await made.service.stop();
    const path = join(made.rig.folder, 'key');
    const refusal = async () => {
      const service = made.rig.spawn({ 'public-url': made.rig.url, 'network-key-file': path });
      assert.notEqual((await service.exited).code, 0);
      return service.lines.map(({ text }) => text).join('\n');
    };
    assert.match(await refusal(), /there is no such file|does not exist|No such file/i);
    writeFileSync(path, '05'.padStart(64, '0'), { mode: 0o600 });
    chmodSync(path, 0o640);
    assert.match(await refusal(), /chmod 600/);
    writeFileSync(path, 'c0ffee');
    chmodSync(path, 0o600);
    const words = await refusal();
    assert.match(words, /64 hex digits/);
    assert.doesNotMatch(words, /c0ffee/);
  });
});
