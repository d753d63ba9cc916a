// A backup of a real service at work, restored elsewhere: the open request goes on there, and what was proved is served.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { runCli } from '../../src/cli/runCli.js';
import { holdingClock } from '../../src/clock.js';
import { Requests } from '../../src/gen/admin/v1/requests_pb.js';
import type { RequestId } from '../../src/ids.js';
import { scriptedCli } from '../../src/testkit/scriptedCli.js';
import { callJson } from '../../src/testkit/service/adminCalls.js';
import { createRequester, stdinOf } from '../../src/testkit/service/serviceRequests.js';
import { createServiceRig } from '../../src/testkit/service/serviceRig.js';
import { temporaryFolder } from '../../src/testkit/temporaryFolder.js';

const clock = holdingClock;

async function command(...words: string[]) {
  const cli = scriptedCli({ LOGNAME: 'ada' });
  const exitCode = await runCli(words, cli);
  return { exitCode, out: cli.out(), err: cli.err() };
}

async function untilIn(data: string, id: RequestId, state: string) {
  const socket = { path: join(data, 'admin.sock') };
  for (;;) {
    const { request } = await callJson(socket, Requests.method.get, { id });
    const { row } = request ?? {};
    if (row !== undefined && (row.state === state || `${row.state}.${row.phase}` === state)) return;
    await new Promise<void>((resolve) => clock.wakeIn(20, resolve));
  }
}

describe('sealed-prover admin backup, restore, check', { timeout: 180_000 }, () => {
  it('carries an open request over to another folder, where it goes on', async () => {
    const rig = await createServiceRig({ script: { rules: [{ on: 'prove', act: { kind: 'hang' } }] } });
    const service = await rig.serve();
    const requester = createRequester(rig.url, { clock });
    await requester.register();
    const id = await requester.submit(stdinOf('what goes on elsewhere'));
    await untilIn(rig.data, id, 'proving.running');
    const at = ['--data', rig.data];
    const live = await command('admin', 'check', '--deep', ...at);
    assert.deepEqual([live.exitCode, live.out], [0, 'Nothing is wrong.\n']);
    assert.equal((await command('check', ...at)).exitCode, 1, 'the folder is in use');

    const backup = join(temporaryFolder('backup'), 'monday');
    const made = await command('admin', 'backup', backup, '--with-inputs', ...at);
    assert.deepEqual([made.exitCode, made.err], [0, '']);
    assert.equal((await command('admin', 'backup', backup, ...at)).exitCode, 4, 'it is there already');
    assert.equal((await command('restore', backup, '--data', rig.data)).exitCode, 4, 'that holds data');
    await service.kill();

    const data = join(temporaryFolder('restored'), 'data');
    const restored = await command('restore', backup, '--data', data);
    assert.match(restored.out, /1 requests were open; they go on\.\nNothing is wrong in it\.\n$/);
    assert.equal(restored.exitCode, 0);
    assert.equal((await command('check', '--deep', '--data', data)).out, `Nothing is wrong in ${data}.\n`);
    const second = await createServiceRig({ data });
    const other = await second.serve();
    await untilIn(data, id, 'fulfilled');
    await other.stop();
    assert.equal((await command('check', '--deep', '--data', data)).exitCode, 0);
    requester.close();
    await second.end();
    await rig.end();
  });
});
