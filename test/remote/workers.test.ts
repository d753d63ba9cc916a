// Provers on other machines as operators have them: a service and its workers as processes, with fake engines.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { packageVersion } from '../../src/cli/version.js';
import { holdingClock } from '../../src/clock.js';
import { openFrontLink } from '../../src/remoteWorker/frontLink.js';
import type { FakeScript } from '../../src/testkit/engine/fakeEngineScript.js';
import { freePort } from '../../src/testkit/freePort.js';
import { HandWorker } from '../../src/testkit/remote/handWorker.js';
import { frontFlags, hasLeased, isWorking, startWorker } from '../../src/testkit/remote/workerProcess.js';
import { buildService } from '../../src/testkit/service/serviceBuild.js';
import {
  createRequester,
  expectedProof,
  type ServiceRequester,
  stdinOf,
} from '../../src/testkit/service/serviceRequests.js';
import { createServiceRig, type ServiceProcess, type ServiceRig } from '../../src/testkit/service/serviceRig.js';
import { certificateFile } from '../../src/testkit/testCertificates.js';

describe('provers on other machines', { timeout: 600_000 }, () => {
  let rig: ServiceRig;
  let requester: ServiceRequester;
  let workersPort: number;
  let scratch: string;
  const workers: ServiceProcess[] = [];

  beforeEach(async () => {
    workersPort = await freePort();
    scratch = mkdtempSync('/dev/shm/work-');
    rig = await createServiceRig({ flags: frontFlags(workersPort) });
    requester = createRequester(rig.url, { clock: holdingClock });
  });
  afterEach(async () => {
    requester.close();
    await Promise.all(workers.splice(0).map((worker) => worker.kill()));
    await rig.end();
    rmSync(scratch, { recursive: true, force: true });
  });

  async function working(name: string): Promise<ServiceProcess> {
    const engine = join(rig.folder, 'fake-engine');
    const worker = startWorker([join(buildService(), 'cli.js')], {
      port: workersPort,
      engine,
      name,
      tmp: rig.runFolder,
      scratch,
    });
    workers.push(worker);
    await worker.until(isWorking);
    return worker;
  }

  const noProofs: FakeScript = { rules: [{ on: 'prove', act: { kind: 'hang' } }] };
  /** Proofs of engines that are started now come when `letGo` is called. */
  function holdProofs(): { letGo(): void } {
    const held = join(scratch, 'held');
    writeFileSync(held, '');
    rig.changeScript({ rules: [{ on: 'prove', whileThere: held }] });
    return { letGo: () => rmSync(held) };
  }

  async function assertProof(id: Awaited<ReturnType<ServiceRequester['submit']>>, text: string): Promise<void> {
    const { proofUrl } = await requester.client.waitProof(id, { pollMs: 50 });
    assert.ok((await requester.fetchProof(proofUrl)).equals(expectedProof(stdinOf(text))));
  }
  const transitionsTo = (service: ServiceProcess, to: string) => service.lines.filter((line) => line.to === to).length;

  it('a worker proves what clients ask of the front; its input is in no file and in no log', async () => {
    const service = await rig.serve();
    const worker = await working('alpha');
    await requester.register();
    const secret = 'a private input that stays in memory';
    await assertProof(await requester.submit(stdinOf(secret)), secret);
    assert.equal(transitionsTo(service, 'fulfilled'), 1);
    for (const { text } of [...service.lines, ...worker.lines]) assert.doesNotMatch(text, /private input/);
    assert.equal(await worker.stop(), 0);
    assert.deepEqual(readdirSync(scratch), []);
    assert.deepEqual(
      rig.engines().filter((line) => line.includes('--role prove')),
      [],
    );
  });

  it('T47: a stopped worker is replaced under its name, and its late result is dropped', async () => {
    const service = await rig.serve();
    const proofs = holdProofs();
    const stalled = await working('alpha');
    await requester.register();
    const id = await requester.submit(stdinOf('late'));
    await stalled.until(hasLeased);
    stalled.child.kill('SIGSTOP');
    rig.changeScript({});
    await working('alpha');
    await assertProof(id, 'late');
    proofs.letGo();
    stalled.child.kill('SIGCONT');
    assert.equal((await stalled.exited).code, 1);
    await stalled.until(({ text }) => /refuses this worker: Another process works here as alpha now/.test(text));
    assert.equal(transitionsTo(service, 'fulfilled'), 1);
    await assertProof(id, 'late');
  });

  it('T47: a worker that is killed and started again is done with its old job; two such deaths are the fault of the job', async () => {
    await rig.serve();
    rig.changeScript(noProofs);
    await requester.register();
    let worker = await working('alpha');
    const id = await requester.submit(stdinOf('kills its worker'));
    for (let deaths = 0; deaths < 2; deaths++) {
      await worker.until(hasLeased);
      await worker.kill();
      worker = await working('alpha');
    }
    await assert.rejects(requester.client.waitProof(id, { pollMs: 50 }), /two|2|engines? died|POISONOUS/i);
  });

  it('T48: the front dies under a worker and comes back: the job is done again, and there is one proof', async () => {
    const first = await rig.serve();
    const proofs = holdProofs();
    const worker = await working('alpha');
    await requester.register();
    const id = await requester.submit(stdinOf('survives'));
    await worker.until(hasLeased);
    await first.kill();
    proofs.letGo();
    const second = await rig.serve();
    await assertProof(id, 'survives');
    assert.equal(transitionsTo(second, 'fulfilled'), 1);
    assert.equal(await worker.stop(), 0);
  });

  it('a worker that is stopped hands its job back, and another one does it', async () => {
    await rig.serve();
    rig.changeScript(noProofs);
    const leaving = await working('alpha');
    await requester.register();
    const id = await requester.submit(stdinOf('handed back'));
    await leaving.until(hasLeased);
    rig.changeScript({});
    await working('beta');
    assert.equal(await leaving.stop(), 0);
    await assertProof(id, 'handed back');
  });

  /** A question is answered after a while when there is no job yet. */
  const nextJob = (worker: HandWorker): ReturnType<HandWorker['lease']> =>
    worker.lease().catch((error: Error) => {
      if (/there was no job/.test(error.message)) return nextJob(worker);
      throw error;
    });

  it('a hostile worker: proofs that are none are found by the front, no client sees one, and the worker is set aside, whatever it calls itself', async (t) => {
    const service = await rig.serve();
    const honest = await working('alpha');
    await requester.register();
    await assertProof(await requester.submit(stdinOf('honest')), 'honest');
    assert.equal(await honest.stop(), 0);

    const files = {
      cert: certificateFile('client'),
      key: certificateFile('client', 'key'),
      frontCa: certificateFile('test-ca'),
    };
    const link = openFrontLink(new URL(`https://127.0.0.1:${workersPort}`), files);
    t.after(() => link.close());
    const register = async (name: string) => {
      const worker = await HandWorker.register(link, { version: packageVersion(), name });
      // Each is held for five seconds at most, and keeps no lease: that of a job is shorter than this test.
      const beat = async (): Promise<void> => worker.heartbeat().then(beat, () => undefined);
      void beat();
      return worker;
    };
    const worker = await register('beta');
    const forged = Buffer.from('not a proof');
    const sha256 = createHash('sha256').update(forged).digest('hex');
    async function forge(): Promise<void> {
      const { lease } = await nextJob(worker);
      await worker.write(lease, 0, forged);
      assert.equal(await worker.complete(lease, sha256, forged.byteLength), true);
    }
    const id = await requester.submit(stdinOf('forged'));
    await forge();
    await forge();
    await assert.rejects(requester.client.waitProof(id, { pollMs: 50 }));
    const spared = await requester.submit(stdinOf('forged once'));
    await forge();
    await service.until(({ event }) => event === 'lane.distrusted');
    await service.until(
      ({ event, laneId, to }) => event === 'lane.transition' && laneId === 'beta.lane' && to === 'quarantined',
    );

    // The same certificate under another name.
    await worker.leave();
    await register('gamma');
    await service.until(
      ({ event, laneId, to }) => event === 'lane.transition' && laneId === 'gamma.lane' && to === 'quarantined',
    );
    assert.equal((await requester.client.status(spared)).state, 'proving');
    assert.equal(transitionsTo(service, 'fulfilled'), 1);
    assert.ok(service.lines.some(({ text }) => text.includes('PROOF_INVALID')));
  });
});
