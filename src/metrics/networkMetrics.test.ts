// Work with the public network in numbers: each figure against what a whole front has done in simulated time.
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { create } from '@bufbuild/protobuf';
import { FulfillmentStatus, RequestProofRequestBodySchema } from '../gen/network/network_pb.js';
import { type Address, bytesOf } from '../ids.js';
import type { AskingClient, AskOptions } from '../testkit/fakeNetwork/askingClients.js';
import { createNetworkWorld, type NetworkWorld } from '../testkit/fakeNetwork/networkWorld.js';
import { samplesOf } from '../testkit/service/prometheusText.js';
import { vkHash } from '../testkit/world/world.js';

const secondMs = 1_000;
const hourMs = 3_600 * secondMs;
/** Between two looks. What files take is no simulated time, so it is short. */
const lookMs = 250;

const start = async (t: TestContext, options?: Parameters<typeof createNetworkWorld>[0]): Promise<NetworkWorld> => {
  const made = await createNetworkWorld(options);
  t.after(() => made.end());
  return made;
};
/** `name{a="b"}` → value, of `sealed_name`. */
const read = async ({ world }: NetworkWorld) => samplesOf(await world.meter.text());

async function until(made: NetworkWorld, holds: () => boolean, mostMs = 60 * secondMs): Promise<void> {
  for (let passed = 0; !holds(); passed += lookMs) {
    assert.ok(passed < mostMs, `it does not hold after ${passed} ms`);
    await made.clock.advance(lookMs);
    await made.world.settle();
  }
}

async function answered(made: NetworkWorld, text: string, options?: AskOptions): Promise<AskingClient> {
  const client = await made.ask(text, options);
  await until(made, () => client.state === 'answered');
  return client;
}

async function proveAll(made: NetworkWorld): Promise<void> {
  for (let quiet = 0; quiet < 3; ) {
    await made.world.settle();
    quiet = made.work() ? 0 : quiet + 1;
  }
}

function requestOf(made: NetworkWorld, client: AskingClient) {
  const [request] = made.requestsOf(client);
  assert.ok(request);
  return request;
}

/** Assigned to us without a call through here. */
function assignThere(made: NetworkWorld, of: { requester: Address; stdinUri: string; deadline?: bigint }) {
  const { ledger } = made.core;
  const { stdinUri, deadline = 9_999_999_999n } = of;
  const body = create(RequestProofRequestBodySchema, { vkHash: bytesOf(vkHash), mode: 1, stdinUri, deadline });
  const request = ledger.newRequest(of.requester, body, Buffer.from(stdinUri + ledger.requests.size), '00'.repeat(32));
  request.fulfiller = made.prover;
  ledger.become(request, FulfillmentStatus.ASSIGNED);
  return request;
}

const stranger = 'cc'.repeat(20) as Address;
const away = { kind: 'status', name: 'unavailable', text: 'away', effect: false } as const;
const always = 1_000_000;

describe('4.14: the metrics of network mode', { timeout: 120_000 }, () => {
  it('calls, forwarded requests, reports and their times', async (t) => {
    const made = await start(t);
    const first = await answered(made, 'first');
    const open = await read(made);
    assert.deepEqual(
      ['deliveries{state="working"}', 'intents_open{}', 'network_reports_pending{}', 'oldest_pending_seconds{}'].map(
        (name) => open.get(name),
      ),
      [1, 0, 0, 0],
    );
    await answered(made, 'fails', { guestFails: true });
    await proveAll(made);
    await until(made, () => made.hasEnded());
    const found = await read(made);
    const called = (method: string) => made.core.record.of(method).length;
    for (const rpc of [
      'RequestProof',
      'FulfillProof',
      'FailFulfillment',
      'GetProofRequestDetails',
      'GetOwner',
      'GetNonce',
    ])
      assert.equal(found.get(`network_calls_total{code="ok",rpc="${rpc}"}`), called(rpc), rpc);
    assert.equal(found.get('network_call_seconds_count{rpc="RequestProof"}'), 2);
    // Ten milliseconds each way.
    assert.equal(found.get('network_call_seconds_sum{rpc="RequestProof"}'), 0.04);
    assert.equal(found.get('request_forward_seconds_count{}'), 2);
    assert.ok((found.get('request_forward_seconds_sum{}') ?? 0) >= 0.04);
    assert.equal(found.get('network_reachable{}'), 1);
    assert.equal(found.get('delivery_tries_total{result="accepted"}'), 2);
    assert.equal(found.get('deliveries_ended_total{state="delivered"}'), 1);
    assert.equal(found.get('deliveries_ended_total{state="released"}'), 1);
    assert.equal(found.get('delivery_seconds_count{}'), 2);
    assert.ok((found.get('delivery_seconds_sum{}') ?? 0) > 0);
    assert.equal(found.get('nonce_resyncs_total{why="start"}'), 1);
    assert.equal(found.get('nonce_foreign_total{}'), 0);
    for (const none of ['withheld_total{}', 'late_total{}', 'assigned_elsewhere_total{}'])
      assert.equal(found.get(none) ?? 0, 0, none);
    assert.equal(found.get('deliveries{state="working"}'), undefined);
    const text = await made.world.meter.text();
    for (const secret of [first.requestId ?? '', made.prover, vkHash, 'prover.example.org'])
      assert.ok(secret !== '' && !text.includes(secret));
  });

  it('a call whose answer was lost: open, and how it was found', async (t) => {
    const made = await start(t);
    made.core.faults.set('RequestProof', { kind: 'lostAfter' });
    for (const method of ['GetProofRequestDetails', 'GetFilteredProofRequests'])
      made.core.faults.set(method, away, always);
    const client = await made.ask('lost', { once: true });
    await until(made, () => client.state === 'left');
    const open = await read(made);
    assert.equal(open.get('intents_open{}'), 1);
    assert.equal(open.get('network_reachable{}'), 0);
    assert.equal(open.get('network_calls_total{code="unavailable",rpc="RequestProof"}'), 1);
    made.core.faults.clear();
    await until(made, () => made.world.lanes.waiting.length > 0);
    const found = await read(made);
    assert.equal(found.get('intents_open{}'), 0);
    const ways = ['candidate', 'list', 'watcher'].map((how) => found.get(`intents_found_total{how="${how}"}`) ?? 0);
    assert.equal(
      ways.reduce((sum, each) => sum + each, 0),
      1,
      `${ways}`,
    );
    assert.equal(found.get('request_forward_seconds_count{}') ?? 0, 0);
  });

  it('a call whose answer was lost at a network that makes ids by chance is found by its list', async (t) => {
    const made = await start(t, { switches: { requestIds: 'random' } });
    made.core.faults.set('RequestProof', { kind: 'lostAfter' });
    await answered(made, 'lost');
    assert.equal((await read(made)).get('intents_found_total{how="list"}'), 1);
  });

  it('a report that the network does not take counts as owed from its first moment on, over tries and over a restart', async (t) => {
    const made = await start(t);
    await answered(made, 'owed');
    made.core.faults.set('FulfillProof', away, always);
    await proveAll(made);
    const triesOf = (found: Map<string, number>) => found.get('delivery_tries_total{result="unknown"}') ?? 0;
    await made.clock.advance(1);
    await until(made, () => made.core.record.of('FulfillProof').length >= 4);
    await made.world.settle();
    const before = await read(made);
    assert.ok(triesOf(before) >= 3, `${triesOf(before)} tries`);
    assert.equal(before.get('network_reports_pending{}'), 1);
    assert.ok((before.get('nonce_resyncs_total{why="unknown"}') ?? 0) >= 3);
    const age = before.get('oldest_pending_seconds{}') ?? 0;
    assert.ok(age >= 7, `${age} s after tries at 0, 1, 3 and 7 s`);
    await made.crash();
    await made.world.settle();
    const after = await read(made);
    assert.ok((after.get('oldest_pending_seconds{}') ?? 0) >= age, 'a restart does not make it younger');
    assert.equal(made.world.assembly.network?.health().oldestPendingSeconds, after.get('oldest_pending_seconds{}'));
    made.core.faults.clear();
    await until(made, () => made.hasEnded(), 180 * secondMs);
    const end = await read(made);
    assert.equal(end.get('network_reports_pending{}'), 0);
    assert.equal(end.get('oldest_pending_seconds{}'), 0);
    // How long it took is not known here: it began in another life.
    assert.equal(end.get('delivery_seconds_count{}') ?? 0, 0);
  });

  it('a proof that the network takes after its deadline is late', async (t) => {
    const made = await start(t, { switches: { lateFulfil: 'accept', expiredAs: 'assigned' } });
    await answered(made, 'late');
    made.core.faults.set('FulfillProof', away, always);
    await proveAll(made);
    await until(made, () => made.core.record.of('FulfillProof').length >= 1);
    for (let passed = 0; passed < 4 * hourMs + 60 * secondMs; passed += 30 * secondMs)
      await made.clock.advance(30 * secondMs);
    made.core.faults.clear();
    await until(made, () => made.hasEnded(), 600 * secondMs);
    const found = await read(made);
    assert.equal(found.get('late_total{}'), 1);
    assert.equal(found.get('deliveries_ended_total{state="delivered"}'), 1);
  });

  it('nonces that somebody else uses up', async (t) => {
    const made = await start(t);
    await answered(made, 'first');
    await proveAll(made);
    await until(made, () => made.hasEnded());
    made.core.ledger.nonces.set(made.prover, (made.core.ledger.nonces.get(made.prover) ?? 0n) + 2n);
    await answered(made, 'second');
    await proveAll(made);
    await until(made, () => made.hasEnded());
    const found = await read(made);
    assert.equal(found.get('nonce_resyncs_total{why="foreign"}'), 1);
    assert.equal(found.get('nonce_foreign_total{}'), 1);
    assert.equal(found.get('delivery_tries_total{result="nonce"}'), 1);
  });

  it('what the network gives to others, and what stays here', async (t) => {
    const made = await start(t, { settings: { deliver: 'nothing', undelivered: 'keep' } });
    const other = await answered(made, 'goes to another');
    made.core.control.assign(requestOf(made, other).requestId, stranger);
    await until(made, () => made.world.lanes.waiting.length === 0);
    await answered(made, 'stays here');
    await proveAll(made);
    await made.world.settle();
    const found = await read(made);
    assert.equal(found.get('assigned_elsewhere_total{}'), 1);
    assert.equal(found.get('withheld_total{}'), 1);
    assert.equal(found.get('deliveries_ended_total{state="withheld"}'), 1);
  });

  it('what the network assigns to us unasked, and the age of its lists', async (t) => {
    const made = await start(t);
    const known = await answered(made, 'asked for twice');
    const { requester, body } = requestOf(made, known);
    assignThere(made, { requester, stdinUri: body.stdinUri });
    for (let i = 0; i < 120; i += 1) assignThere(made, { requester: stranger, stdinUri: `https://elsewhere/${i}` });
    const stdinId = 'ab'.repeat(32);
    assignThere(made, { requester: stranger, stdinUri: `https://prover.example.org/artifacts/${stdinId}` });
    const pagesBefore = (await read(made)).get('watcher_pages_total{}') ?? 0;
    await until(made, () => made.core.record.of('FailFulfillment').length > 0);
    const found = await read(made);
    assert.equal(found.get('duplicates_total{}'), 1);
    assert.equal(found.get('adopted_total{how="left"}'), 120);
    assert.equal(found.get('adopted_total{how="failed"}'), 1);
    assert.ok((found.get('watcher_pages_total{}') ?? 0) >= pagesBefore + 2);
    assert.ok((found.get('watcher_lag_seconds{}') ?? 99) <= 5);
    made.core.faults.set('GetFilteredProofRequests', away, always);
    await made.clock.advance(5 * secondMs);
    await made.clock.advance(40 * secondMs);
    assert.ok(((await read(made)).get('watcher_lag_seconds{}') ?? 0) >= 40);
  });
});
