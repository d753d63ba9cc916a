// The prover's key is replaced: while reports are owed the old one finishes them, and without it the service does not start unless it may
// drop them.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { createSigner } from '../../src/client/signer.js';
import { FulfillmentStatus } from '../../src/gen/network/network_pb.js';
import type { RequestId } from '../../src/ids.js';
import { type NetworkRig, reserved, startNetworkRig } from '../../src/testkit/fakeNetwork/networkRig.js';
import { type ServiceRequester, stdinOf } from '../../src/testkit/service/serviceRequests.js';

const keys = { old: '04'.padStart(64, '0'), new: '05'.padStart(64, '0') };
const addressOf = (name: keyof typeof keys) => createSigner(keys[name]).address;

describe('another key of the prover', { timeout: 600_000 }, () => {
  let made: NetworkRig;
  let requester: ServiceRequester;
  before(async () => {
    made = await startNetworkRig();
    requester = made.requester(1);
    await requester.register();
    made.network.control.delegate(addressOf('new'), addressOf('old'));
    for (const [name, key] of Object.entries(keys)) writeFileSync(join(made.rig.folder, name), key, { mode: 0o600 });
  });
  after(() => made.end());

  const flags = (names: readonly (keyof typeof keys)[]) => ({
    'public-url': made.rig.url,
    'network-key-file': names.map((name) => join(made.rig.folder, name)).join(','),
  });
  async function owed(text: string): Promise<RequestId> {
    made.network.faults.set('FulfillProof', { kind: 'lostBefore' }, 1_000);
    const id = await requester.submit(stdinOf(text), reserved);
    await requester.client.waitProof(id);
    await made.service.kill();
    made.network.faults.clear();
    return id;
  }
  const refusal = async (names: readonly (keyof typeof keys)[]) => {
    const service = made.rig.spawn(flags(names));
    assert.notEqual((await service.exited).code, 0);
    return service.lines.map(({ text }) => text).join('\n');
  };
  async function signerOfProof(id: RequestId) {
    const isFulfilled = () => made.network.ledger.requests.get(id)?.fulfillment === FulfillmentStatus.FULFILLED;
    await made.network.record.waitFor(isFulfilled);
    return [...made.network.ledger.transactions.values()].find(
      ({ method, requestId }) => method === 'FulfillProof' && requestId === id,
    )?.sender;
  }

  it('T52: named second, the old key finishes what it began, and the new one signs what is new', async () => {
    const id = await owed('of the old key');
    assert.match(await refusal(['new']), /1 reports are still owed .* name that key as the second one/);
    made.service = await made.rig.serve(flags(['new', 'old']));
    assert.equal(await signerOfProof(id), addressOf('old'));
    const next = await requester.submit(stdinOf('of the new key'), reserved);
    assert.equal(await signerOfProof(next), addressOf('new'));
    // It is owed no more, and counted no more in the next test.
    await made.came(next, 'delivered');
    assert.deepEqual(made.network.invariants(), []);
  });

  it('T52: with --network-forget what a key that is gone has begun is dropped, and what the network still expects is taken up anew', async () => {
    const id = await owed('taken up anew');
    assert.match(await refusal(['old']), /1 reports are still owed/);
    made.service = await made.rig.serve({ ...flags(['old']), 'network-forget': 'on' });
    await made.service.until(({ event }) => event === 'network.forgotten');
    assert.equal(await signerOfProof(id), addressOf('old'));
    assert.equal(made.network.ledger.requests.get(id)?.accepted, 1);
  });

  it('T51: a key from the environment signs as one from a file, with a warning, and is in no line', async (t) => {
    const other = await startNetworkRig({ keyIn: 'environment' });
    t.after(() => other.end());
    const client = other.requester(1);
    await client.register();
    const id = await client.submit(stdinOf('by the variable'), reserved);
    await other.came(id, 'delivered');
    assert.ok(other.service.lines.some(({ event }) => event === 'network.key_in_environment'));
    assert.doesNotMatch(other.service.lines.map(({ text }) => text).join('\n'), /0{60}04/);
  });
});
