// Details and lists of what is of here: the words of the network, under what is known better here.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, afterEach, before, describe, it } from 'node:test';
import { create, fromBinary, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { ExecutionStatus, FulfillmentStatus, ProverNetwork } from '../../src/gen/network/network_pb.js';
import { bytesOf, type RequestId } from '../../src/ids.js';
import { type NetworkRig, reserved, startNetworkRig } from '../../src/testkit/fakeNetwork/networkRig.js';
import { createRawCaller } from '../../src/testkit/service/serviceCalls.js';
import { type ServiceRequester, stdinOf } from '../../src/testkit/service/serviceRequests.js';

describe('4.2: details and lists in network mode', { timeout: 120_000 }, () => {
  const { getProofRequestDetails, getFilteredProofRequests } = ProverNetwork.method;
  let made: NetworkRig;
  let requester: ServiceRequester;
  let id: RequestId;
  before(async () => {
    const stdinSha256 = createHash('sha256').update(stdinOf('open')).digest('hex');
    made = await startNetworkRig({ script: { rules: [{ on: 'prove', stdinSha256, act: { kind: 'hang' } }] } });
    requester = made.requester(1);
    await requester.register();
    id = await requester.submit(stdinOf('shown'), reserved);
    await made.came(id, 'delivered');
  });
  afterEach(() => made.network.faults.clear());
  after(() => made.end());

  const calls = (method: string) => made.network.record.of(method).length;
  async function details(of = id) {
    const raw = createRawCaller(made.rig.port);
    const request = create(getProofRequestDetails.input, { requestId: bytesOf(of) });
    const answer = await raw.call(getProofRequestDetails, toBinary(getProofRequestDetails.input, request));
    raw.close();
    assert.equal(answer.status, 'OK', answer.detail);
    return fromBinary(getProofRequestDetails.output, answer.bytes).request ?? assert.fail('without a request');
  }
  async function list(filter: MessageInitShape<typeof getFilteredProofRequests.input>) {
    const raw = createRawCaller(made.rig.port);
    const request = create(getFilteredProofRequests.input, filter);
    const answer = await raw.call(getFilteredProofRequests, toBinary(getFilteredProofRequests.input, request));
    raw.close();
    assert.equal(answer.status, 'OK', answer.detail);
    return fromBinary(getFilteredProofRequests.output, answer.bytes).requests;
  }

  it('the network names prover and transaction, we status, execution and times; the input is shown to nobody', async () => {
    const { txHash, body } = made.request(id);
    // It has not executed it, and says so.
    assert.notEqual(made.request(id).execution, ExecutionStatus.EXECUTED);
    const shown = await details();
    assert.equal(Buffer.from(shown.fulfiller ?? []).toString('hex'), made.prover);
    assert.equal(Buffer.from(shown.txHash).toString('hex'), txHash);
    assert.equal(shown.stdinUri, body.stdinUri);
    assert.equal(shown.stdinPublicUri, '');
    assert.deepEqual(
      [shown.fulfillmentStatus, shown.executionStatus],
      [FulfillmentStatus.FULFILLED, ExecutionStatus.EXECUTED],
    );
    assert.ok((shown.cycles ?? 0n) > 0n);
  });

  it('what is final there is asked for once', async () => {
    await details();
    const before = calls('GetProofRequestDetails');
    for (let times = 0; times < 20; times += 1) await details();
    assert.equal(calls('GetProofRequestDetails'), before);
  });

  it('a list is one call for all that it shows', async () => {
    const ids = [await requester.submit(stdinOf('one'), reserved), await requester.submit(stdinOf('two'), reserved)];
    for (const each of ids) await made.came(each, 'delivered');
    const ofRequester = { requester: bytesOf(requester.address) };
    // The service reads lists by itself too: by prover, or by program.
    const ofLists = () =>
      made.network.record
        .of('GetFilteredProofRequests')
        .map(({ raw }) => fromBinary(getFilteredProofRequests.input, raw))
        .filter(({ fulfiller, vkHash }) => fulfiller === undefined && vkHash === undefined).length;
    const before = ofLists();
    const shown = await list(ofRequester);
    assert.equal(ofLists(), before + 1);
    assert.equal(shown.length, 3);
    for (const { fulfiller, stdinPublicUri } of shown)
      assert.deepEqual([Buffer.from(fulfiller ?? []).toString('hex'), stdinPublicUri], [made.prover, '']);
    await list(ofRequester);
    assert.equal(ofLists(), before + 1);
  });

  it('rule 9: a network that does not answer costs a moment and its own words', async () => {
    const other = await requester.submit(stdinOf('alone'), reserved);
    await made.came(other, 'delivered');
    made.network.faults.set('GetProofRequestDetails', { kind: 'silent' }, 1_000);
    const shown = await details(other);
    assert.equal(shown.fulfillmentStatus, FulfillmentStatus.FULFILLED);
    assert.equal(shown.stdinPublicUri, '');
  });

  it('what is open there is asked for at most once in two seconds', async () => {
    // Last: it keeps the one lane.
    const open = await requester.submit(stdinOf('open'), reserved);
    await made.came(open, 'working');
    const [firstCalls, from] = [calls('GetProofRequestDetails'), performance.now()];
    for (let times = 0; times < 20; times += 1)
      assert.equal((await details(open)).fulfillmentStatus, FulfillmentStatus.ASSIGNED);
    const asked = calls('GetProofRequestDetails') - firstCalls;
    assert.ok(asked >= 1 && asked <= 1 + Math.ceil((performance.now() - from) / 2_000), String(asked));
  });
});
