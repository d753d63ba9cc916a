// How requests end in network mode, here and there: guests that fail, networks that give up, other provers, refusals.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import { runCli } from '../../src/cli/runCli.js';
import { createSigner } from '../../src/client/signer.js';
import { FulfillmentStatus } from '../../src/gen/network/network_pb.js';
import { type Address, bytesOf } from '../../src/ids.js';
import { createFakeFulfiller } from '../../src/testkit/fakeNetwork/fakeFulfiller.js';
import { type NetworkRig, reserved, startNetworkRig } from '../../src/testkit/fakeNetwork/networkRig.js';
import { scriptedCli } from '../../src/testkit/scriptedCli.js';
import { expectedProof, type ServiceRequester, stdinOf } from '../../src/testkit/service/serviceRequests.js';

const sha256Of = (text: string) => createHash('sha256').update(stdinOf(text)).digest('hex');
const hanging = ['given up', 'taken away', 'a forgery', 'cancelled'];
const other = 'b0'.repeat(20) as Address;
const inputsIn = (data: string) =>
  readdirSync(join(data, 'artifacts', 'stdin'), { recursive: true, withFileTypes: true }).filter((each) =>
    each.isFile(),
  );

describe('ends in network mode', { timeout: 600_000 }, () => {
  let made: NetworkRig;
  let requester: ServiceRequester;
  before(async () => {
    made = await startNetworkRig({
      flags: { 'network-hosts': '127.0.0.1' },
      script: {
        rules: [
          { on: 'execute', stdinSha256: sha256Of('bad guest'), act: { kind: 'guestFailure', cause: 1, exitCode: 1 } },
          ...hanging.map((text) => ({
            on: 'prove' as const,
            stdinSha256: sha256Of(text),
            act: { kind: 'hang' as const },
          })),
        ],
      },
    });
    requester = made.requester(1);
    await requester.register();
  });
  afterEach(() => made.network.faults.clear());
  after(() => made.end());

  it('T30: a guest that fails is told to its client at once, and to the network as error 1', async () => {
    const id = await requester.submit(stdinOf('bad guest'), reserved);
    await assert.rejects(requester.client.waitProof(id), /HALT_WITH_NON_ZERO_EXIT_CODE|exit code/i);
    await made.came(id, 'released');
    assert.equal(made.request(id).fulfillment, FulfillmentStatus.UNFULFILLABLE);
    assert.equal(made.request(id).error, 1);
  });

  it('T23: what the network gives up is not proved any more, and its client hears of it', async () => {
    const id = await requester.submit(stdinOf('given up'), reserved);
    await made.service.until(
      ({ event, requestId, to }) => event === 'request.transition' && requestId === id && to === 'proving.running',
    );
    made.network.control.setStatus(id, FulfillmentStatus.UNFULFILLABLE);
    const before = made.network.record.of('FailFulfillment').length;
    await made.came(id, 'released');
    await assert.rejects(requester.client.waitProof(id), /The network has given this request up/);
    assert.equal(made.network.record.of('FailFulfillment').length, before);
  });

  it('CancelRequest (4.2): its requester ends it here, and the network hears that there will be none, without an error', async () => {
    const id = await requester.submit(stdinOf('cancelled'), reserved);
    await made.service.until(
      ({ event, requestId, to }) => event === 'request.transition' && requestId === id && to === 'proving.running',
    );
    const stranger = made.requester(32);
    await assert.rejects(stranger.client.cancelRequest(id), /PERMISSION_DENIED/);
    const nonce = made.network.ledger.nonceOf(requester.address);
    await requester.client.cancelRequest(id);
    // Once more, as after an answer that was lost: the nonce is the network's, and no call of it was made.
    await requester.client.cancelRequest(id);
    assert.equal(made.network.ledger.nonceOf(requester.address), nonce);
    await assert.rejects(requester.client.waitProof(id), /no proof/i);
    await made.came(id, 'released');
    const { fulfillment, error } = made.request(id);
    assert.deepEqual([fulfillment, error], [FulfillmentStatus.UNFULFILLABLE, 0]);
    assert.equal(made.network.record.of('CancelRequest').length, 0);
  });

  it('T25, 4.5: what somebody else has proved is not reported: that proof is fetched, verified and served from here', async () => {
    const id = await requester.submit(stdinOf('taken away'), reserved);
    await made.came(id, 'working');
    made.network.control.fulfilAsOther(id, expectedProof(stdinOf('taken away')), other);
    const before = made.network.record.of('FulfillProof').length;
    await made.came(id, 'superseded');
    const { proofUrl } = await requester.client.waitProof(id);
    assert.ok(proofUrl.startsWith(made.rig.url), proofUrl);
    assert.deepEqual(await requester.fetchProof(proofUrl), expectedProof(stdinOf('taken away')));
    assert.equal(made.network.record.of('FulfillProof').length, before);
  });

  it('T25, 4.5: one that does not verify is not taken: its client finds it at the network', async () => {
    const id = await requester.submit(stdinOf('a forgery'), reserved);
    await made.came(id, 'working');
    const forged = expectedProof(stdinOf('another input'));
    made.network.control.fulfilAsOther(id, forged, other);
    await made.came(id, 'superseded');
    await made.service.until(
      ({ event, requestId, to }) => event === 'request.transition' && requestId === id && to === 'failed',
    );
    const { proofUrl } = await requester.client.waitProof(id);
    assert.ok(proofUrl.startsWith(made.network.url), proofUrl);
    // It was looked at.
    await made.service.until(({ event, text }) => event === 'network.proof_taken' && text.includes(id));
  });

  it('T26: assigned to another prover by the network, it ends here, in the words that are known for it, and its input is gone', async () => {
    const elsewhere = made.requester(31);
    // The reservation that we were told of is a minute old, and another now.
    await elsewhere.register();
    await made.came(await elsewhere.submit(stdinOf('first'), reserved), 'delivered');
    made.network.control.addReservation(elsewhere.address, other);
    await assert.rejects(
      elsewhere.submit(stdinOf('second'), reserved),
      /not associated with a fulfiller with private proving enabled/,
    );
    const [last] = await elsewhere.client.list();
    assert.equal(last?.state, 'unfulfillable');
    // Of both, the one that was proved and the one that was not, nothing is left.
    await made.network.record.waitFor(() => inputsIn(made.rig.data).length === 0);
  });

  it('T43: a proof that the network finds too large is refused for good, and its client still gets it', async () => {
    const text = 'too large for it';
    made.network.faults.set('FulfillProof', {
      kind: 'status',
      name: 'outOfRange',
      text: 'Error, decoded message length too large: found 6291456 bytes, the limit is: 4194304 bytes',
      effect: false,
    });
    const id = await requester.submit(stdinOf(text), reserved);
    await made.came(id, 'refused');
    const { proofUrl } = await requester.client.waitProof(id);
    assert.deepEqual(await requester.fetchProof(proofUrl), expectedProof(stdinOf(text)));
    await made.service.until(({ event }) => event === 'delivery.refused');
    const cli = scriptedCli({});
    const list = ['network', 'list', '--state', 'refused', '--data', made.rig.data];
    assert.equal(await runCli(list, cli), 0);
    assert.match(cli.out(), new RegExp(`…${id.slice(-8)} +refused .* proof +1 `));
    assert.match(cli.out(), /outOfRange: Error, decoded message length too large: found 6291456 bytes/);
  });

  it('T15, T19: somebody else signs with our key: it is noticed, and the proof arrives', async (t) => {
    const thief = createFakeFulfiller(made.network.url, 4);
    t.after(() => thief.close());
    const first = await requester.submit(stdinOf('before the thief'), reserved);
    await made.came(first, 'delivered');
    const nonce = made.network.ledger.nonceOf(made.prover);
    // A report of what has failed already is accepted, and costs a number.
    const failed = [...made.network.ledger.requests.values()].find(({ error }) => error === 1);
    assert.ok(failed);
    assert.equal((await thief.fail({ nonce, requestId: bytesOf(failed.requestId) })).status, 'OK');
    const id = await requester.submit(stdinOf('after the thief'), reserved);
    await made.service.until(({ event }) => event === 'network.nonce_foreign');
    await made.network.record.waitFor(() => made.request(id).fulfillment === FulfillmentStatus.FULFILLED);
    assert.equal(made.request(id).accepted, 1);
  });

  it('T17: a fault of the network while it checks the nonce is waited out', async () => {
    const words = 'failed nonce verification: db error';
    made.network.faults.set('FulfillProof', { kind: 'status', name: 'internal', text: words, effect: false });
    const id = await requester.submit(stdinOf('db error'), reserved);
    await made.came(id, 'delivered');
    assert.equal(made.request(id).accepted, 1);
  });

  it('F25, T50: an OK without ids is no acceptance, and is found again', async () => {
    made.network.faults.set('RequestProof', { kind: 'empty' });
    made.network.faults.set('FulfillProof', { kind: 'empty' });
    const before = made.network.ledger.requests.size;
    const id = await requester.submit(stdinOf('empty answer'), reserved);
    assert.equal(made.network.ledger.requests.size, before + 1);
    await made.came(id, 'delivered');
    assert.equal(made.request(id).accepted, 1);
  });

  it('T50: a status that nobody knows changes nothing', async () => {
    const id = await requester.submit(stdinOf('unknown status'), reserved);
    await made.came(id, 'delivered');
    made.network.control.setStatus(id, 9 as FulfillmentStatus);
    assert.equal((await requester.client.status(id)).state, 'fulfilled');
  });

  it('leaves no rule broken', () => {
    assert.deepEqual(made.network.invariants(), []);
    assert.equal(createSigner('04'.padStart(64, '0')).address, made.prover);
  });
});
