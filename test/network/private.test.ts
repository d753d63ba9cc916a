// Proofs that stay here: `--deliver nothing`, with either word for the network, and a change of mind while a report is owed.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { FulfillmentStatus } from '../../src/gen/network/network_pb.js';
import type { RequestId } from '../../src/ids.js';
import { type NetworkRig, reserved, startNetworkRig } from '../../src/testkit/fakeNetwork/networkRig.js';
import { expectedProof, type ServiceRequester, stdinOf } from '../../src/testkit/service/serviceRequests.js';

describe('private proofs', { timeout: 600_000 }, () => {
  let made: NetworkRig;
  let requester: ServiceRequester;
  before(async () => {
    made = await startNetworkRig();
    requester = made.requester(1);
    await requester.register();
  });
  after(() => made.end());

  const restart = async (flags: Readonly<Record<string, string>>) => {
    await made.service.kill();
    made.service = await made.rig.serve({ 'public-url': made.rig.url, deliver: 'nothing', ...flags });
  };
  /** The client has its proof, and the network has never seen a byte of it. */
  async function assertPrivate(id: RequestId, text: string): Promise<void> {
    const { proofUrl } = await requester.client.waitProof(id);
    assert.deepEqual(await requester.fetchProof(proofUrl), expectedProof(stdinOf(text)));
    assert.equal(made.request(id).accepted, 0);
    assert.deepEqual(made.network.invariants([expectedProof(stdinOf(text)).subarray(-64)]), []);
  }

  it('T44: a proof that was to be reported stays here when proofs become private, whatever was begun', async () => {
    made.network.faults.set(
      'FulfillProof',
      { kind: 'status', name: 'unavailable', text: 'away', effect: false },
      1_000,
    );
    const id = await requester.submit(stdinOf('was to be reported'), reserved);
    // The call is sent once its report is on disk: a transition is logged earlier, and a process killed then would not know of it.
    await made.network.record.waitFor(() => made.network.record.of('FulfillProof').length > 0);
    await restart({});
    made.network.faults.clear();
    const before = made.network.record.of('FulfillProof').length;
    await made.came(id, 'withheld');
    assert.equal(made.network.record.of('FulfillProof').length, before);
    assert.equal(made.request(id).accepted, 0);
  });

  it('T44: released, the network hears at once that there will be none, and the client has its proof', async () => {
    const id = await requester.submit(stdinOf('released'), reserved);
    await made.came(id, 'released');
    assert.deepEqual([made.request(id).fulfillment, made.request(id).error], [FulfillmentStatus.UNFULFILLABLE, 0]);
    await assertPrivate(id, 'released');
    assert.equal((await requester.client.status(id)).state, 'fulfilled');
  });

  it('T44: kept, the network hears nothing more', async () => {
    await restart({ undelivered: 'keep' });
    const id = await requester.submit(stdinOf('kept'), reserved);
    await made.came(id, 'withheld');
    assert.equal(made.request(id).fulfillment, FulfillmentStatus.ASSIGNED);
    await assertPrivate(id, 'kept');
    assert.deepEqual([...new Set(made.network.record.of('FailFulfillment').map(({ nonce }) => nonce))].length, 1);
  });
});
