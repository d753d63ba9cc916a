// Operators act at a real service, by the command line: what is asked before, what is said after, and what a restart leaves of it.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { runCli } from '../../src/cli/runCli.js';
import { holdingClock } from '../../src/clock.js';
import { Requests } from '../../src/gen/admin/v1/requests_pb.js';
import type { RequestId } from '../../src/ids.js';
import { scriptedCli } from '../../src/testkit/scriptedCli.js';
import { callJson } from '../../src/testkit/service/adminCalls.js';
import { createRequester, type ServiceRequester, stdinOf } from '../../src/testkit/service/serviceRequests.js';
import { createServiceRig, type ServiceProcess, type ServiceRig } from '../../src/testkit/service/serviceRig.js';

const clock = holdingClock;
const mostColumns = 100;
const because = ['--reason', 'the driver is replaced'];

describe('sealed-prover admin, acting', { timeout: 120_000 }, () => {
  let rig: ServiceRig;
  let service: ServiceProcess;
  let requester: ServiceRequester;

  before(async () => {
    rig = await createServiceRig({ script: { rules: [{ on: 'prove', act: { kind: 'hang' } }] } });
    service = await rig.serve();
    requester = createRequester(rig.url, { clock });
    await requester.register();
  });
  after(async () => {
    requester.close();
    await service.stop();
    await rig.end();
  });

  async function admin(...words: string[]) {
    const cli = scriptedCli({ SEALED_DATA: rig.data, LOGNAME: 'ada' });
    const exitCode = await runCli(['admin', ...words], cli);
    for (const line of cli.out().split('\n'))
      if (!words.includes('--json')) assert.ok([...line].length <= mostColumns, line);
    return { exitCode, out: cli.out(), err: cli.err() };
  }

  const stateOf = async (id: RequestId) => {
    const { request } = await callJson({ path: join(rig.data, 'admin.sock') }, Requests.method.get, { id });
    return request?.row?.phase ? `${request.row.state}.${request.row.phase}` : request?.row?.state;
  };
  async function untilIn(id: RequestId, state: string) {
    while ((await stateOf(id)) !== state) await new Promise<void>((resolve) => clock.wakeIn(20, resolve));
  }

  it('ends a request only with --yes, and says who has ended it', async () => {
    const id = await requester.submit(stdinOf('what is given up'));
    await untilIn(id, 'proving.running');
    const end = id.slice(-8);
    assert.match((await admin('cancel', end)).err, /--reason/);
    const asked = await admin('cancel', end, ...because);
    assert.equal(asked.exitCode, 4);
    assert.match(asked.out, /^Would happen: Request \S+ ends as\scancelled/);
    assert.match(asked.err, /Nothing was done\. Do it with --yes\./);
    assert.equal(await stateOf(id), 'proving.running');
    assert.equal((await admin('cancel', end, ...because, '--yes', '--if-seq', '1')).exitCode, 4);
    const done = await admin('cancel', end, ...because, '--yes');
    assert.deepEqual([done.exitCode, await stateOf(id)], [0, 'cancelled']);
    assert.equal((await admin('cancel', end, ...because, '--yes')).exitCode, 4);
    assert.match((await admin('request', end, '--history')).out, /\n {5}by ada: the driver is replaced\n/);
    assert.match((await admin('feed', '--after', '1')).out, new RegExp(`ada did request\\.cancel …${end}: the driver`));
  });
});
