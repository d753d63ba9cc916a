// The end of a delivery and that of its request are two writes: whatever comes between them, both are made.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { it } from 'node:test';
import { createNetworkWorld } from '../testkit/fakeNetwork/networkWorld.js';

const fixture = (name: string) =>
  JSON.parse(readFileSync(new URL(`../machines/fixtures/delivery@1/${name}.json`, import.meta.url), 'utf8'));

for (const state of ['foreign', 'released', 'superseded'])
  it(`T11: killed when its delivery is ${state} and it is not ended yet, a request is ended by the next life`, async (t) => {
    const made = await createNetworkWorld();
    t.after(() => made.end());
    const clients = [await made.ask('unwanted'), await made.ask('wanted')];
    for (let waited = 0; clients.some(({ requestId }) => requestId === undefined); waited += 1) {
      assert.ok(waited < 60, clients.map(({ refusal }) => refusal).join());
      await made.clock.advance(250);
      await made.world.settle();
    }
    const [unwanted, wanted] = clients.map(({ requestId }) => requestId ?? assert.fail('it has none'));
    assert.ok(unwanted && wanted);
    const envelope = fixture(state);
    const context = { ...envelope.snapshot.context, networkId: unwanted, localId: unwanted };
    await made.world.store.write((tx) => {
      tx.put('deliveries', [unwanted], { ...envelope, snapshot: { ...envelope.snapshot, context } });
      tx.remove('openDeliveries', unwanted);
    });
    await made.crash();
    const stateOf = (id: typeof unwanted) => made.world.system.registry.view(id)?.state;
    // Where the network has a proof, it is asked for it first.
    for (let waited = 0; waited < 10 && stateOf(unwanted) !== 'failed'; waited += 1) {
      await made.world.settle();
      await made.clock.advance(10);
    }
    assert.deepEqual([stateOf(unwanted), stateOf(wanted)], ['failed', 'executing']);
  });
