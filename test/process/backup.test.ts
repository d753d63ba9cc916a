// A backup of a real service under load, restored elsewhere: open requests go on there, and new ones are served.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { runCli } from '../../src/cli/runCli.js';
import { holdingClock } from '../../src/clock.js';
import { Requests } from '../../src/gen/admin/v1/requests_pb.js';
import type { RequestId } from '../../src/ids.js';
import { scriptedCli } from '../../src/testkit/scriptedCli.js';
import { callJson } from '../../src/testkit/service/adminCalls.js';
import { createRequester, type ServiceRequester, stdinOf } from '../../src/testkit/service/serviceRequests.js';
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

/** Requests come one after the other until it is ended. Answers how many have come meanwhile. */
function underLoad(requester: ServiceRequester) {
  let isOver = false;
  let count = 0;
  const coming = (async () => {
    while (!isOver) {
      await requester.submit(stdinOf(`what comes meanwhile ${count}`));
      count += 1;
    }
  })();
  return {
    async end() {
      isOver = true;
      await coming;
      return count;
    },
  };
}

describe('sealed-prover admin backup, restore, check', { timeout: 180_000 }, () => {
  it('carries open requests over to another folder while others come, and it serves there', async () => {
    const going = stdinOf('what goes on elsewhere');
    const stdinSha256 = createHash('sha256').update(going).digest('hex');
    const rig = await createServiceRig({ script: { rules: [{ on: 'prove', stdinSha256, act: { kind: 'hang' } }] } });
    const service = await rig.serve();
    const requester = createRequester(rig.url, { clock });
    await requester.register();
    const proved = await requester.submit(stdinOf('what is proved'));
    await untilIn(rig.data, proved, 'fulfilled');
    const id = await requester.submit(going);
    await untilIn(rig.data, id, 'proving.running');
    // Behind it in the only lane.
    const waiting = await Promise.all([1, 2, 3, 4].map((n) => requester.submit(stdinOf(`what waits ${n}`))));
    const at = ['--data', rig.data];
    const live = await command('admin', 'check', '--deep', ...at);
    assert.deepEqual([live.exitCode, live.out], [0, 'Nothing is wrong.\n']);
    assert.equal((await command('check', ...at)).exitCode, 1, 'the folder is in use');

    const backup = join(temporaryFolder('backup'), 'monday');
    const load = underLoad(requester);
    const made = await command('admin', 'backup', backup, '--with-inputs', ...at);
    assert.ok((await load.end()) > 0);
    assert.deepEqual([made.exitCode, made.err], [0, '']);
    assert.equal((await command('admin', 'backup', backup, ...at)).exitCode, 4, 'it is there already');
    assert.equal((await command('restore', backup, '--data', rig.data)).exitCode, 4, 'that holds data');
    await service.kill();

    const data = join(temporaryFolder('restored'), 'data');
    const restored = await command('restore', backup, '--data', data);
    assert.match(restored.out, /\d+ requests were open; they go on\.\nNothing is wrong in it\.\n$/);
    assert.equal(restored.exitCode, 0);
    assert.equal((await command('check', '--deep', '--data', data)).out, `Nothing is wrong in ${data}.\n`);
    const second = await createServiceRig({ data });
    const other = await second.serve();
    for (const each of [proved, id, ...waiting]) await untilIn(data, each, 'fulfilled');
    const there = createRequester(second.url, { clock });
    await untilIn(data, await there.submit(stdinOf('what comes there')), 'fulfilled');
    there.close();
    await other.stop();
    assert.equal((await command('check', '--deep', '--data', data)).exitCode, 0);
    requester.close();
    await second.end();
    await rig.end();
  });
});
