// Ids as people have them from logs, pages and other tools, at every place that reads one; and an expired request at each that shows it.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { runCli } from '../../src/cli/runCli.js';
import { ClientError } from '../../src/client/errors.js';
import { holdingClock } from '../../src/clock.js';
import type { RequestId } from '../../src/ids.js';
import { scriptedCli } from '../../src/testkit/scriptedCli.js';
import {
  createRequester,
  deadlineIn,
  type ServiceRequester,
  stdinOf,
} from '../../src/testkit/service/serviceRequests.js';
import { createServiceRig, type ServiceRig } from '../../src/testkit/service/serviceRig.js';

const clock = holdingClock;
const pause = (ms: number) => new Promise<void>((resolve) => clock.wakeIn(ms, resolve));

describe('an id', { timeout: 600_000 }, () => {
  let rig: ServiceRig;
  let requester: ServiceRequester;
  let requestId: RequestId;
  let spellings: string[];

  before(async () => {
    rig = await createServiceRig({ script: { rules: [{ on: 'prove', act: { kind: 'hang' } }] } });
    await rig.serve();
    requester = createRequester(rig.url, { clock });
    await requester.register();
    const stdinUri = await requester.uploadStdin(stdinOf('too late'));
    requestId = await requester.ask(stdinUri, { deadline: deadlineIn(clock, 2_000) });
    // Not by the log, which is ahead of the disk, and of what is answered.
    while ((await requester.client.details(requestId)).state !== 'expired') await pause(20);
    const upper = requestId.toUpperCase();
    spellings = [
      requestId,
      `0x${requestId}`,
      upper,
      `0x${upper}`,
      `0X${upper}`,
      `0x${upper.slice(0, 9)}${requestId.slice(9)}`,
    ];
  });
  after(async () => {
    requester.close();
    await rig.end();
  });

  async function cli(...words: string[]) {
    const environment = { SEALED_URL: rig.url, SEALED_CLIENT_KEY: '01'.repeat(32), XDG_CONFIG_HOME: rig.folder };
    const scripted = scriptedCli(environment);
    const exitCode = await runCli(words, scripted);
    return { exitCode, out: scripted.out(), err: scripted.err() };
  }

  it('is taken by /requests/ in every spelling, and answered as it is printed, with what became of its request', async () => {
    for (const spelling of spellings) {
      const response = await fetch(`${rig.url}/requests/${spelling}`);
      assert.equal(response.status, 200, spelling);
      const shown = (await response.json()) as { requestId: string; state: string };
      assert.deepEqual([shown.requestId, shown.state], [`0x${requestId}`, 'expired']);
    }
    for (const none of ['0x12', `${requestId}00`, `00${requestId}`, '%30x', `0x0x${requestId.slice(4)}`]) {
      const response = await fetch(`${rig.url}/requests/${none}`);
      assert.equal(response.status, 400, none);
      const { error } = (await response.json()) as { error: { message: string } };
      assert.equal(error.message, 'The field request id is not valid: it has 64 hex digits, with or without 0x.');
    }
    assert.equal((await fetch(`${rig.url}/requests/0x${'A'.repeat(64)}`)).status, 404);
  });

  it('is taken by commands in every spelling, and shown alike in text and JSON', async () => {
    for (const spelling of spellings) {
      const text = await cli('request', 'show', spelling);
      assert.equal(text.exitCode, 0, text.err);
      assert.match(text.out, new RegExp(`^Request +0x${requestId}$`, 'm'));
      assert.match(text.out, /^Proof +expired$/m);
      const json = JSON.parse((await cli('request', 'show', spelling, '--json')).out);
      assert.deepEqual([json.requestId, json.state], [`0x${requestId}`, 'expired']);
      for (const id of [json.vkHash, json.requester]) assert.ok(text.out.includes(` ${id}\n`), id);
    }
    assert.match((await cli('request', 'list')).out, new RegExp(`0x${requestId} .* expired `));
    const [listed] = JSON.parse((await cli('request', 'list', '--json')).out);
    assert.deepEqual([listed.requestId, listed.state], [`0x${requestId}`, 'expired']);
    const refused = JSON.parse((await cli('prove', '--request', spellings[3] ?? '', '--json')).out);
    assert.deepEqual([refused.error.code, refused.error.requestId], ['TIMED_OUT', `0x${requestId}`]);
  });

  it('is taken by the client in every spelling', async () => {
    const { client } = requester;
    for (const spelling of spellings) {
      assert.equal((await client.status(spelling)).state, 'timedOut');
      assert.equal((await client.details(spelling)).state, 'expired');
      for await (const { state } of client.watch(spelling)) assert.equal(state, 'timedOut');
      await assert.rejects(client.waitProof(spelling), /time ran out/);
      await assert.rejects(client.cancelRequest(spelling), /expired already/);
    }
    assert.equal((await client.list({ requester: `0x${requester.address.toUpperCase()}` })).length, 1);
    const isInvalid = (error: unknown) => error instanceof ClientError && error.failure.code === 'ID_INVALID';
    await assert.rejects(client.status('0x12'), isInvalid);
    await assert.rejects(client.list({ requester: requestId }), isInvalid);
    await assert.rejects(client.requestProof({ vkHash: 'fibonacci', mode: 'core', inputs: [] }), isInvalid);
  });
});
