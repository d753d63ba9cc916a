// `--serve-proofs network`: clients see a proof when the network has it, and fetch it there. What the network does not take is served from here.
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { FulfillmentStatus } from '../../src/gen/network/network_pb.js';
import { type NetworkRig, reserved, startNetworkRig } from '../../src/testkit/fakeNetwork/networkRig.js';
import { expectedProof, type ServiceRequester, stdinOf } from '../../src/testkit/service/serviceRequests.js';

describe('proofs that clients fetch from the network', { timeout: 600_000 }, () => {
  let made: NetworkRig;
  let requester: ServiceRequester;
  before(async () => {
    made = await startNetworkRig({ flags: { 'serve-proofs': 'network' } });
    requester = made.requester(1);
    await requester.register();
  });
  afterEach(() => made.network.faults.clear());
  after(() => made.end());

  const health = async () =>
    ((await (await fetch(`${made.rig.url}/health`)).json()) as { network: Record<string, { reachable?: boolean }> })
      .network;

  it('shows a proof once the network has it, and its place there', async () => {
    const unavailable = { kind: 'status', name: 'unavailable', text: 'away', effect: false } as const;
    made.network.faults.set('FulfillProof', unavailable, 1_000);
    const id = await requester.submit(stdinOf('there'), reserved);
    await made.came(id, 'backingOff');
    assert.equal((await requester.client.status(id)).state, 'proving');
    // T49: reads are answered, writes are not, and each is said.
    const { reachable, reads, writes } = await health();
    assert.deepEqual([reachable, reads?.reachable, writes?.reachable], [false, true, false]);
    made.network.faults.clear();
    const { proofUrl } = await requester.client.waitProof(id);
    assert.ok(proofUrl.startsWith(made.network.url), proofUrl);
    assert.deepEqual(await requester.fetchProof(proofUrl), expectedProof(stdinOf('there')));
    assert.equal(made.network.ledger.requests.get(id)?.fulfillment, FulfillmentStatus.FULFILLED);
    assert.equal((await health())['writes']?.reachable, true);
    const said = made.service.lines.flatMap(({ event, text }) =>
      event?.startsWith('network.reachable') || event?.startsWith('network.unreachable') ? [text] : [],
    );
    assert.equal(said.filter((text) => text.includes('"writes"')).length, 3);
  });

  it('serves from here what the network does not take', async () => {
    const text = 'Error, decoded message length too large: found 9 bytes, the limit is: 4 bytes';
    made.network.faults.set('FulfillProof', { kind: 'status', name: 'outOfRange', text, effect: false });
    const id = await requester.submit(stdinOf('here'), reserved);
    const { proofUrl } = await requester.client.waitProof(id);
    assert.ok(proofUrl.startsWith(made.rig.url), proofUrl);
    assert.deepEqual(await requester.fetchProof(proofUrl), expectedProof(stdinOf('here')));
  });
});
