// Whatever goes wrong between the front and the network: each request has one end there, which is the end that it has here.
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { createSigner } from '../../src/client/signer.js';
import { parseVk, vkHash as vkHashOf } from '../../src/engines/vk.js';
import { FulfillmentStatus, ProverNetwork } from '../../src/gen/network/network_pb.js';
import { bytesOf, type RequestId } from '../../src/ids.js';
import { sampleProgram } from '../../src/testkit/artifacts/sampleArtifacts.js';
import { fakeVk } from '../../src/testkit/engine/fakeProof.js';
import type { Fault } from '../../src/testkit/fakeNetwork/faults.js';
import { type NetworkRig, reserved, startNetworkRig } from '../../src/testkit/fakeNetwork/networkRig.js';
import { bodyBytes, createRawCaller, envelope } from '../../src/testkit/service/serviceCalls.js';
import { expectedProof, type ServiceRequester, stdinOf } from '../../src/testkit/service/serviceRequests.js';

describe('a front under faults of the network', { timeout: 600_000 }, () => {
  let made: NetworkRig;
  let requester: ServiceRequester;
  before(async () => {
    made = await startNetworkRig();
    requester = made.requester(1);
    await requester.register();
  });
  afterEach(() => made.network.faults.clear());
  after(() => made.end());

  const fulfilled = (id: RequestId) =>
    made.network.record.waitFor(() => made.request(id).fulfillment === FulfillmentStatus.FULFILLED);

  /** One request under this fault, from its call to its proof on both sides. */
  async function provedUnder(method: string, fault: Fault, text: string): Promise<void> {
    made.network.faults.set(method, fault);
    const id = await requester.submit(stdinOf(text), reserved);
    const { proofUrl } = await requester.client.waitProof(id);
    assert.deepEqual(await requester.fetchProof(proofUrl), expectedProof(stdinOf(text)));
    await fulfilled(id);
    assert.equal(made.request(id).accepted, 1);
  }

  const faults: readonly (readonly [name: string, method: string, fault: Fault])[] = [
    ['F3: RequestProof is cut within its answer', 'RequestProof', { kind: 'cut' }],
    ['F3: FulfillProof is cut within its answer', 'FulfillProof', { kind: 'cut' }],
    ['F9: the connection of RequestProof takes no more calls', 'RequestProof', { kind: 'goAway' }],
    ['F9: FulfillProof is reset', 'FulfillProof', { kind: 'reset' }],
    ['F11: FulfillProof is refused for a nonce that is right', 'FulfillProof', { kind: 'nonce' }],
    [
      'F11: FulfillProof is refused, and a nonce is named that is too high',
      'FulfillProof',
      { kind: 'nonce', expected: 900n },
    ],
    ['F15: FulfillProof arrives twice', 'FulfillProof', { kind: 'twice' }],
    ['F25: FulfillProof is answered with ids that lack a byte', 'FulfillProof', { kind: 'shortIds' }],
    ['F25, T50: RequestProof is answered with ids that lack a byte', 'RequestProof', { kind: 'shortIds' }],
    ['F25, T50: details have ids that lack a byte', 'GetProofRequestDetails', { kind: 'shortIds' }],
    ['F26, T50: details are of a newer network', 'GetProofRequestDetails', { kind: 'newer' }],
    ['F26, T50: FulfillProof is answered by a newer network', 'FulfillProof', { kind: 'newer' }],
  ];
  for (const [name, method, fault] of faults)
    it(`${name}: one request, one proof`, () => provedUnder(method, fault, name));

  it('F15: RequestProof arrives twice: the request is found, or asked for again, and never with two proofs', async () => {
    const before = made.network.ledger.requests.size;
    made.network.faults.set('RequestProof', { kind: 'twice' });
    const id = await requester.submit(stdinOf('asked twice'), reserved);
    await requester.client.waitProof(id);
    const all = [...made.network.ledger.requests.values()].slice(before);
    // Each: a report that is still to come would meet the fault of the next test.
    for (const { requestId } of all) await fulfilled(requestId);
    assert.ok(all.length <= 2);
    assert.equal(new Set(all.map(({ body }) => body.stdinUri)).size, 1);
  });

  it('F10: while the port of the network is closed it proves and serves, and reports when it is open', async () => {
    // However often it is tried until the port is closed.
    made.network.faults.set('FulfillProof', { kind: 'lostBefore' }, {});
    const id = await requester.submit(stdinOf('port closed'), reserved);
    await made.network.away();
    made.network.faults.clear();
    const { proofUrl } = await requester.client.waitProof(id);
    assert.deepEqual(await requester.fetchProof(proofUrl), expectedProof(stdinOf('port closed')));
    await made.network.back();
    await fulfilled(id);
    assert.equal(made.request(id).accepted, 1);
  });

  it('T6: an answer that is lost, and asked for again with the same nonce, is the id of the first', async (t) => {
    const raw = createRawCaller(made.rig.port);
    t.after(() => raw.close());
    const { requestProof } = ProverNetwork.method;
    const body = await requester.bodyFor(await requester.uploadStdin(stdinOf('same nonce')), reserved);
    const message = bodyBytes(body);
    const sent = envelope(createSigner('01'.repeat(32)).sign(message), message);
    const before = made.network.ledger.requests.size;
    // The answer is lost, and so are all looks for what became of it.
    made.network.faults.set('RequestProof', { kind: 'lostAfter' });
    made.network.faults.set('reads', { kind: 'status', name: 'unavailable', text: 'away', effect: false }, {});
    assert.equal((await raw.call(requestProof, sent)).status, 'UNAVAILABLE');
    made.network.faults.clear();
    assert.equal((await raw.call(requestProof, sent)).status, 'OK');
    assert.equal(made.network.ledger.requests.size, before + 1);
    const id = [...made.network.ledger.requests.keys()].at(-1) as RequestId;
    await fulfilled(id);
    assert.equal(made.request(id).accepted, 1);
  });

  it('T31: a program whose key is another one is error 2 at the network, and is never proved', async () => {
    const vk = fakeVk(Buffer.from('of another program'));
    const parsed = parseVk(vk);
    assert.ok(parsed);
    const vkHash = vkHashOf(parsed);
    await requester.client.registerProgram({ elf: sampleProgram().subarray(8), vk, vkHash });
    const id = await requester.submit(stdinOf('another key'), { ...reserved, vkHash: bytesOf(vkHash) });
    await made.network.record.waitFor(() => made.request(id).fulfillment === FulfillmentStatus.UNFULFILLABLE);
    assert.equal(made.request(id).error, 2);
    assert.equal(made.request(id).accepted, 0);
    await assert.rejects(requester.client.waitProof(id));
  });

  it('leaves no rule broken', () => {
    assert.deepEqual(made.network.invariants(faults.map(([name]) => Buffer.from(name))), []);
  });
});
