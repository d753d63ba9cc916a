// Network mode as its users have it: the real service as a process, a fake engine, the fake network, and clients that know only the URL.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { create, toBinary } from '@bufbuild/protobuf';
import { createSigner } from '../../src/client/signer.js';
import { systemClock } from '../../src/clock.js';
import { FulfillmentStatus, FulfillmentStrategy, ProverNetwork } from '../../src/gen/network/network_pb.js';
import { type Address, bytesOf, type RequestId } from '../../src/ids.js';
import { type NetworkRig, reserved, startNetworkRig } from '../../src/testkit/fakeNetwork/networkRig.js';
import { bodyBytes, createRawCaller, envelope } from '../../src/testkit/service/serviceCalls.js';
import { createRequester, deadlineIn, expectedProof, stdinOf } from '../../src/testkit/service/serviceRequests.js';

describe('a private front of the network', { timeout: 600_000 }, () => {
  let made: NetworkRig;
  before(async () => {
    made = await startNetworkRig();
  });
  after(() => made.end());

  const isFulfilled = (id: RequestId) => made.request(id).fulfillment === FulfillmentStatus.FULFILLED;
  const calls = (method: string) => made.network.record.of(method).length;
  const rawCaller = (t: { after(work: () => void): void }) => {
    const raw = createRawCaller(made.rig.port);
    t.after(() => raw.close());
    return raw;
  };

  it('T1: proves here, reports once, and the input is nowhere else', async () => {
    const requester = made.requester(1);
    await requester.register();
    const secret = 'a secret of more than a few bytes';
    const before = calls('FulfillProof');
    const requestId = await requester.submit(stdinOf(secret), reserved);
    assert.equal(made.request(requestId).requester, requester.address);
    const { proofUrl } = await requester.client.waitProof(requestId);
    assert.ok(proofUrl.startsWith(made.rig.url));
    assert.deepEqual(await requester.fetchProof(proofUrl), expectedProof(stdinOf(secret)));
    await made.network.record.waitFor(() => isFulfilled(requestId));
    assert.deepEqual(made.request(requestId).proofArtifact?.bytes, expectedProof(stdinOf(secret)));
    assert.equal(calls('FulfillProof'), before + 1);
    assert.deepEqual(made.network.invariants([Buffer.from(secret)]), []);
  });

  it('T2: many requests of two clients at once, one signer: each is reported once, and no nonce is refused', async () => {
    const clients = [made.requester(2), made.requester(3)];
    for (const client of clients) await client.register();
    const before = calls('FulfillProof');
    const ids = await Promise.all(
      clients.flatMap((client, who) =>
        Array.from({ length: 20 }, async (_, number) => {
          // One client asks one after the other: its nonces are strict.
          await Promise.resolve();
          return { client, stdin: stdinOf(`${who}-${number}`) };
        }),
      ),
    );
    const requested: RequestId[] = [];
    for (const { client, stdin } of ids) requested.push(await client.submit(stdin, reserved));
    await made.network.record.waitFor(() => requested.every(isFulfilled));
    assert.equal(calls('FulfillProof'), before + requested.length);
    assert.ok(made.network.record.of('FulfillProof').every(({ verdict }) => verdict !== 'refused'));
    assert.deepEqual(made.network.invariants(), []);
  });

  it('T3, rule 1: a body with a field that we do not know reaches the network as it was signed', async (t) => {
    const requester = made.requester(1);
    await requester.register();
    const body = await requester.bodyFor(await requester.uploadStdin(stdinOf('newer')), reserved);
    const newer = Buffer.concat([bodyBytes(body), Buffer.from('980601', 'hex')]);
    const signature = createSigner('01'.repeat(32)).sign(newer);
    const answer = await rawCaller(t).call(ProverNetwork.method.requestProof, envelope(signature, newer));
    assert.equal(answer.status, 'OK', answer.detail);
    // Its report must not be counted in a later test, or meet a fault of one.
    await made.network.record.waitFor(() => [...made.network.ledger.requests.keys()].every(isFulfilled));
  });

  it('T4, rule 13: no header of a client goes up', async (t) => {
    const bytes = toBinary(
      ProverNetwork.method.getNonce.input,
      create(ProverNetwork.method.getNonce.input, { address: bytesOf(made.requester(1).address) }),
    );
    const headers = { authorization: 'Bearer t', 'x-forwarded-for': '10.0.0.1' };
    assert.equal((await rawCaller(t).call(ProverNetwork.method.getNonce, bytes, headers)).status, 'OK');
    assert.deepEqual(made.network.invariants(), []);
  });

  it('T5, rule 7: an answer of RequestProof that is lost is found again: one request, one proof, the same id', async () => {
    const requester = made.requester(1);
    await requester.register();
    const before = made.network.ledger.requests.size;
    made.network.faults.set('RequestProof', { kind: 'lostAfter' });
    const requestId = await requester.submit(stdinOf('lost after'), reserved);
    assert.equal(made.network.ledger.requests.size, before + 1);
    await made.network.record.waitFor(() => isFulfilled(requestId));
    assert.equal(made.request(requestId).accepted, 1);
  });

  it('T5: it is found by list where the id is no hash that can be guessed', async () => {
    const requester = made.requester(1);
    await requester.register();
    made.network.control.turn({ requestIds: 'random' });
    const before = made.network.ledger.requests.size;
    made.network.faults.set('RequestProof', { kind: 'lostAfter' });
    const requestId = await requester.submit(stdinOf('lost, and random'), reserved);
    made.network.control.turn({ requestIds: 'keccak' });
    assert.equal(made.network.ledger.requests.size, before + 1);
    await made.network.record.waitFor(() => isFulfilled(requestId));
  });

  it('T8: a call that never reached the network is sent again by its client', async () => {
    const requester = made.requester(1);
    await requester.register();
    const before = made.network.ledger.requests.size;
    made.network.faults.set('RequestProof', { kind: 'lostBefore' });
    const requestId = await requester.submit(stdinOf('lost before'), reserved);
    assert.equal(made.network.ledger.requests.size, before + 1);
    await made.network.record.waitFor(() => isFulfilled(requestId));
  });

  it('a retry of the same request is the same request, and costs no call', async () => {
    const requester = made.requester(1);
    await requester.register();
    const stdinUri = await requester.uploadStdin(stdinOf('again'));
    const terms = { ...reserved, deadline: deadlineIn(systemClock, 3_600_000) };
    const first = await requester.ask(stdinUri, terms);
    const before = calls('RequestProof');
    assert.equal(await requester.ask(stdinUri, terms), first);
    assert.equal(calls('RequestProof'), before);
    // Its report must not meet the fault of the next test.
    await made.network.record.waitFor(() => isFulfilled(first));
  });

  it('T13: an answer of FulfillProof that is lost is looked for, and not sent again', async () => {
    const requester = made.requester(1);
    await requester.register();
    const before = calls('FulfillProof');
    made.network.faults.set('FulfillProof', { kind: 'lostAfter' });
    const requestId = await requester.submit(stdinOf('report lost'), reserved);
    const to = await made.service.until(
      ({ event, to, text }) => event === 'delivery.transition' && to === 'delivered' && text.includes(requestId),
    );
    assert.match(to.text, /confirming/);
    assert.equal(calls('FulfillProof'), before + 1);
  });

  it('T14, rule 5: a report that was refused for now, without an effect, is sent again', async () => {
    const requester = made.requester(1);
    await requester.register();
    const before = calls('FulfillProof');
    made.network.faults.set('FulfillProof', { kind: 'status', name: 'unavailable', text: 'away', effect: false });
    const requestId = await requester.submit(stdinOf('refused for now'), reserved);
    await made.network.record.waitFor(() => isFulfilled(requestId));
    assert.equal(calls('FulfillProof'), before + 2);
    assert.equal(made.request(requestId).accepted, 1);
  });

  it('T26, T28: what is reserved for another prover is refused before anything is sent', async () => {
    const requester = made.requester(21, { reserved: false });
    const other = 'b0'.repeat(20) as Address;
    made.network.control.addReservation(requester.address, other);
    await requester.register();
    const before = calls('RequestProof');
    await assert.rejects(
      requester.submit(stdinOf('not ours'), reserved),
      new RegExp(`has reserved the prover 0x${other}.*0x${made.prover}`),
    );
    assert.equal(calls('RequestProof'), before);
  });

  it('T27: without a reservation the client reads the words of the network, and nothing is kept', async () => {
    const requester = made.requester(22, { reserved: false });
    await requester.register();
    await assert.rejects(requester.submit(stdinOf('nobody'), reserved), /no reservation found for requester/);
    assert.deepEqual(await requester.client.list(), []);
  });

  it('rule 10: another strategy, a near deadline, and another circuit are refused before anything is sent', async () => {
    const requester = made.requester(1);
    await requester.register();
    const before = calls('RequestProof');
    const ask = (terms: object) => requester.submit(stdinOf('refused'), { ...reserved, ...terms });
    await assert.rejects(ask({ strategy: FulfillmentStrategy.HOSTED }), /strategy\(FulfillmentStrategy::Reserved\)/);
    await assert.rejects(ask({ deadline: deadlineIn(systemClock, 10_000) }), /nearer than the 30 s/);
    await assert.rejects(ask({ version: 'sp1-v5.0.0' }), /sp1-v5.0.0/);
    assert.equal(calls('RequestProof'), before);
  });

  it('T32, T33, rule 12: an input of a stranger, or of another host, is refused before anything is sent', async () => {
    const owner = made.requester(1);
    const stranger = made.requester(23);
    await stranger.register();
    const uri = await owner.uploadStdin(stdinOf('not yours'));
    const before = calls('RequestProof');
    await assert.rejects(stranger.ask(uri, reserved), /belongs to another|not yours|PERMISSION_DENIED/);
    for (const foreign of ['https://example.org/x', 'file:///etc/passwd', 'http://169.254.169.254/', `${uri}/..`])
      await assert.rejects(stranger.ask(foreign, reserved), /must be the URI that CreateArtifact answered/);
    assert.equal(calls('RequestProof'), before);
  });

  it('T9, T32: the same request twice is one proof and two reports; an input of a stranger is refused, also by way of the network', async (t) => {
    const owner = made.requester(1);
    await owner.register();
    const uri = await owner.uploadStdin(stdinOf('proved for its owner'));
    const id = await owner.ask(uri, reserved);
    await made.network.record.waitFor(() => isFulfilled(id));
    const stranger = made.requester(24);
    await stranger.register();
    const before = calls('RequestProof');
    await assert.rejects(stranger.ask(uri, reserved), /\((PERMISSION_DENIED|FAILED_PRECONDITION)\)/);
    assert.equal(calls('RequestProof'), before);

    // Past us: the URI is public, and the network knows nothing of whose it is.
    const [stolen, again] = await Promise.all(
      [24, 1].map(async (keyByte) => {
        const direct = createRequester(made.network.url, { clock: systemClock, keyByte });
        t.after(() => direct.close());
        return direct.ask(uri, reserved);
      }),
    );
    assert.ok(stolen !== undefined && again !== undefined && again !== id);
    await made.network.record.waitFor(() => isFulfilled(again));
    assert.deepEqual(made.request(again).proofArtifact?.bytes, made.request(id).proofArtifact?.bytes);
    await made.network.record.waitFor(() => made.request(stolen).fulfillment === FulfillmentStatus.UNFULFILLABLE);
    assert.deepEqual([made.request(stolen).accepted, made.request(stolen).error], [0, 3]);
  });

  it('T34, rule 11: the URI that is signed says nothing and is answered to no one', async () => {
    const requester = made.requester(1);
    const uri = await requester.uploadStdin(stdinOf('hidden'));
    assert.match(uri, new RegExp(`^${made.rig.url}/artifacts/[0-9a-f]{64}$`));
    assert.equal((await fetch(uri)).status, 404);
    assert.equal((await fetch(uri.slice(0, -4).concat('0000'))).status, 404);
  });

  it('T39: a client with the key of the prover reads why that cannot be', async () => {
    const prover = made.requester(1).context;
    await assert.rejects(
      prover.attempt('GetNonce', {}, (call) => call(ProverNetwork.method.getNonce, { address: bytesOf(made.prover) })),
      /belongs to the prover/,
    );
  });

  it('T40: a client in Mainnet mode reads which mode to set', async () => {
    await assert.rejects(
      made
        .requester(1)
        .context.attempt('GetProofRequestParams', {}, (call) =>
          call(ProverNetwork.method.getProofRequestParams, { mode: 1 }),
        ),
      /network_for\(NetworkMode::Reserved\)/,
    );
  });

  it('says in /health how it stands with the network', async () => {
    const { network } = (await (await fetch(`${made.rig.url}/health`)).json()) as { network: Record<string, unknown> };
    assert.equal(network['reachable'], true);
    assert.equal(network['owner'], made.prover);
  });

  it('T51: writes no key into its log', () => {
    const log = made.service.lines.map(({ text }) => text).join('\n');
    assert.doesNotMatch(log, /0{60}04/);
    assert.match(log, new RegExp(made.prover));
  });
});
