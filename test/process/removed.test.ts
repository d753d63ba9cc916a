// What a running service has outside of its store is removed under it, as cleaners of temporary folders do: it goes on proving.
import assert from 'node:assert/strict';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { holdingClock } from '../../src/clock.js';
import {
  createRequester,
  expectedProof,
  type ServiceRequester,
  stdinOf,
} from '../../src/testkit/service/serviceRequests.js';
import { createServiceRig, type ServiceProcess, type ServiceRig } from '../../src/testkit/service/serviceRig.js';

describe('a service whose run-time files are removed', { timeout: 600_000 }, () => {
  let rig: ServiceRig;
  let service: ServiceProcess;
  let requester: ServiceRequester;

  before(async () => {
    rig = await createServiceRig();
    requester = createRequester(rig.url, { clock: holdingClock });
    service = await rig.serve();
    await requester.register();
  });
  after(async () => {
    requester.close();
    await rig.end();
  });

  async function assertProves(text: string): Promise<void> {
    const stdin = stdinOf(text);
    const { proofUrl } = await requester.client.waitProof(await requester.submit(stdin), { pollMs: 50 });
    assert.ok((await requester.fetchProof(proofUrl)).equals(expectedProof(stdin)));
  }

  /** The process ids of this service's engines, from what it has logged of their starts. */
  const engines = () =>
    service.lines.flatMap(({ event, text }) => (event === 'engine.started' ? [JSON.parse(text).pid as number] : []));

  it('proves when its run folder and the temporary folder are gone', async () => {
    await assertProves('before');
    for (const folder of [join(rig.data, 'run'), rig.runFolder]) rmSync(folder, { recursive: true });
    await assertProves('after');
  });

  it('starts engines again without them, in a folder that is made anew', async () => {
    for (const pid of engines()) process.kill(pid, 'SIGKILL');
    await assertProves('by new engines');
    assert.ok(engines().length > 3);
  });

  it('leaves nothing behind when it stops', async () => {
    assert.equal(await service.stop(), 0);
    const run = join(rig.data, 'run');
    assert.deepEqual(existsSync(run) ? readdirSync(run) : [], []);
  });
});
