// Provers on other machines behind a front of the public network: whatever becomes of a worker, the network gets one report.
import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { FulfillmentStatus } from '../../src/gen/network/network_pb.js';
import { type NetworkRig, reserved, startNetworkRig } from '../../src/testkit/fakeNetwork/networkRig.js';
import { freePort } from '../../src/testkit/freePort.js';
import { frontFlags, hasLeased, isWorking, startWorker } from '../../src/testkit/remote/workerProcess.js';
import { buildService } from '../../src/testkit/service/serviceBuild.js';
import { expectedProof, type ServiceRequester, stdinOf } from '../../src/testkit/service/serviceRequests.js';
import type { ServiceProcess } from '../../src/testkit/service/serviceRig.js';
import { temporaryFolder } from '../../src/testkit/temporaryFolder.js';

describe('provers on other machines, behind a front of the network', { timeout: 600_000 }, () => {
  let made: NetworkRig;
  let requester: ServiceRequester;
  let port: number;
  const workers: ServiceProcess[] = [];

  const held = join(temporaryFolder('held'), 'proofs');

  beforeEach(async () => {
    writeFileSync(held, '');
    port = await freePort();
    made = await startNetworkRig({
      flags: frontFlags(port),
      // Nothing is proved before the worker, or its front, has been stopped in the middle.
      script: { rules: [{ on: 'prove', whileThere: held }] },
    });
    requester = made.requester(1);
  });
  afterEach(async () => {
    await Promise.all(workers.splice(0).map((worker) => worker.kill()));
    await made.end();
  });

  async function working(name: string): Promise<ServiceProcess> {
    const engine = join(made.rig.folder, 'fake-engine');
    const tmp = made.rig.runFolder;
    const worker = startWorker([join(buildService(), 'cli.js')], { port, engine, name, tmp });
    workers.push(worker);
    await worker.until(isWorking);
    return worker;
  }

  async function submitTo(worker: ServiceProcess, text: string) {
    await requester.register();
    const id = await requester.submit(stdinOf(text), reserved);
    await worker.until(hasLeased);
    return id;
  }

  async function assertOneFulfil(id: Awaited<ReturnType<typeof submitTo>>, text: string): Promise<void> {
    const request = () => made.network.ledger.requests.get(id);
    await made.network.record.waitFor(() => request()?.fulfillment === FulfillmentStatus.FULFILLED);
    const { proofUrl } = await requester.client.waitProof(id);
    assert.deepEqual(await requester.fetchProof(proofUrl), expectedProof(stdinOf(text)));
    assert.equal(request()?.accepted, 1);
    assert.deepEqual(made.network.invariants(), []);
  }

  it('T47: a worker is stopped, another one takes its place, and the late result is dropped: 1 fulfil', async () => {
    const stalled = await working('alpha');
    const id = await submitTo(stalled, 'stalled');
    stalled.child.kill('SIGSTOP');
    await working('alpha');
    rmSync(held);
    await assertOneFulfil(id, 'stalled');
    stalled.child.kill('SIGCONT');
    assert.equal((await stalled.exited).code, 1);
    assert.equal(made.network.ledger.requests.get(id)?.accepted, 1);
    assert.equal(made.network.record.of('FulfillProof').length, 1);
  });

  it('T48: the front is killed under its worker and comes back: 1 fulfil', async () => {
    const worker = await working('alpha');
    const id = await submitTo(worker, 'survives');
    await made.service.kill();
    rmSync(held);
    made.service = await made.rig.serve({ 'public-url': made.rig.url });
    await assertOneFulfil(id, 'survives');
  });

  it('T48: the front is stopped in order under its worker: it ends with 0 and without an error, and the work is done when it is back: 1 fulfil', async () => {
    const worker = await working('alpha');
    const id = await submitTo(worker, 'drained');
    assert.equal(await made.service.stop(), 0);
    const errors = made.service.lines.filter(({ text }) => /"level":(50|60|"error"|"fatal")/.test(text));
    assert.deepEqual(errors, []);
    assert.equal(made.network.ledger.requests.get(id)?.accepted, 0);
    rmSync(held);
    made.service = await made.rig.serve({ 'public-url': made.rig.url });
    await assertOneFulfil(id, 'drained');
    assert.equal(made.network.record.of('FulfillProof').length, 1);
    assert.equal(await worker.stop(), 0);
  });
});
