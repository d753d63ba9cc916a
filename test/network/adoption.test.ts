// What the network has assigned to us and we have never recorded: requests that came past us, or whose records were lost.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { create } from '@bufbuild/protobuf';
import { runCli } from '../../src/cli/runCli.js';
import { systemClock } from '../../src/clock.js';
import { FulfillmentStatus, RequestProofRequestBodySchema } from '../../src/gen/network/network_pb.js';
import { type Address, bytesOf, type RequestId } from '../../src/ids.js';
import { type NetworkRig, reserved, startNetworkRig } from '../../src/testkit/fakeNetwork/networkRig.js';
import { scriptedCli } from '../../src/testkit/scriptedCli.js';
import {
  createRequester,
  deadlineIn,
  expectedProof,
  type ServiceRequester,
  stdinOf,
} from '../../src/testkit/service/serviceRequests.js';

const foreign = 246;

describe('adoption', { timeout: 600_000 }, () => {
  let made: NetworkRig;
  let requester: ServiceRequester;
  /** The same client, past us. */
  let direct: ServiceRequester;
  before(async () => {
    made = await startNetworkRig();
    requester = made.requester(1);
    await requester.register();
    direct = createRequester(made.network.url, { clock: systemClock });
  });
  after(async () => {
    direct.close();
    await made.end();
  });

  const isFulfilled = (id: RequestId) => made.request(id).fulfillment === FulfillmentStatus.FULFILLED;
  const calls = (method: string) => made.network.record.of(method).length;
  /** Assigned to us, with an input that is somewhere else. */
  function assignForeign(number: number): RequestId {
    const { ledger } = made.network;
    const body = create(RequestProofRequestBodySchema, {
      vkHash: bytesOf(requester.vkHash),
      version: 'sp1-v6.1.0',
      mode: 1,
      stdinUri: `https://elsewhere.example.org/${number}`,
      deadline: deadlineIn(systemClock, 3_600_000),
      ...reserved,
    });
    const raw = Buffer.from(`${number}`);
    const found = ledger.newRequest('c0'.repeat(20) as Address, body, raw, raw.toString('hex').padStart(64, '0'));
    found.fulfiller = made.prover;
    ledger.become(found, FulfillmentStatus.ASSIGNED);
    return found.requestId;
  }

  /** What the network has heard is on disk here, and listed, a moment later. */
  async function listed(state: string, holds: (out: string) => boolean): Promise<string> {
    for (;;) {
      const cli = scriptedCli({});
      assert.equal(await runCli(['network', 'list', '--state', state, '--data', made.rig.data], cli), 0);
      if (holds(cli.out())) return cli.out();
    }
  }

  it('T45: of 250 that are assigned, three have their input here and are proved, one has lost it, and the others are left', async () => {
    const texts = ['first', 'second', 'third'];
    const uris = await Promise.all(texts.map((text) => requester.uploadStdin(stdinOf(text))));
    await made.service.stop();
    for (let number = 0; number < foreign; number += 1) assignForeign(number);
    const ours: RequestId[] = [];
    for (const uri of uris) ours.push(await direct.ask(uri, reserved));
    const lost = await direct.ask(`${made.rig.url}/artifacts/${'ab'.repeat(32)}`, reserved);
    made.service = await made.rig.serve({ 'public-url': made.rig.url });
    await made.network.record.waitFor(() => ours.every(isFulfilled) && made.request(lost).error === 3);
    for (const [index, id] of ours.entries())
      assert.deepEqual(made.request(id).proofArtifact?.bytes, expectedProof(stdinOf(texts[index] as string)));
    assert.deepEqual([calls('FulfillProof'), calls('FailFulfillment')], [3, 1]);
    const left = [...made.network.ledger.requests.values()].filter(
      ({ fulfillment }) => fulfillment === FulfillmentStatus.ASSIGNED,
    );
    assert.equal(left.length, foreign);
    const { proofUrl } = await requester.client.waitProof(ours[0] as RequestId);
    assert.deepEqual(await requester.fetchProof(proofUrl), expectedProof(stdinOf('first')));
    await made.service.until(({ event, text }) => event === 'network.unprovable' && text.includes(lost));
    const shown = await listed('released', (out) => out.includes(lost.slice(-8)));
    assert.match(shown, new RegExp(`…${lost.slice(-8)} +released .* failure 3 `));
    assert.match(shown, /left alone: 246\./);
    assert.deepEqual(made.network.invariants(), []);
  });

  it('T45: with --adopt fail the network hears of each of the others that there will be no proof', async () => {
    await made.service.stop();
    made.service = await made.rig.serve({ 'public-url': made.rig.url, adopt: 'fail' });
    const all = [...made.network.ledger.requests.values()];
    await made.network.record.waitFor(() => all.every(({ fulfillment }) => fulfillment !== FulfillmentStatus.ASSIGNED));
    assert.equal(all.filter(({ error }) => error === 3).length, foreign + 1);
    assert.deepEqual(made.network.invariants(), []);
  });
});
