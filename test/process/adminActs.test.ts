// Operators act at a real service, by the command line: what is asked before, what is said after, and what a restart leaves of it.
import assert from 'node:assert/strict';
import { request } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, describe, it } from 'node:test';
import { runCli } from '../../src/cli/runCli.js';
import { holdingClock } from '../../src/clock.js';
import { Requests } from '../../src/gen/admin/v1/requests_pb.js';
import type { RequestId } from '../../src/ids.js';
import { scriptedCli } from '../../src/testkit/scriptedCli.js';
import { callJson } from '../../src/testkit/service/adminCalls.js';
import {
  createRequester,
  expectedProof,
  type ServiceRequester,
  stdinOf,
} from '../../src/testkit/service/serviceRequests.js';
import { createServiceRig, type ServiceProcess, type ServiceRig } from '../../src/testkit/service/serviceRig.js';

const clock = holdingClock;
const mostColumns = 100;
const because = ['--reason', 'the driver is replaced'];

/** What the admin socket answers. */
const textAt = (rig: ServiceRig, url: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const socketPath = join(rig.data, 'admin.sock');
    request({ socketPath, path: new URL(url).pathname, agent: false }, (response) => {
      text(response).then(resolve, reject);
    })
      .on('error', reject)
      .end();
  });

async function adminOf({ data }: ServiceRig, ...words: string[]) {
  const cli = scriptedCli({ SEALED_DATA: data, LOGNAME: 'ada' });
  const exitCode = await runCli(['admin', ...words], cli);
  for (const line of cli.out().split('\n'))
    if (!words.includes('--json')) assert.ok([...line].length <= mostColumns, line);
  return { exitCode, lines: cli.out().split('\n'), out: cli.out(), err: cli.err() };
}

async function stateAt({ data }: ServiceRig, id: RequestId) {
  const { request } = await callJson({ path: join(data, 'admin.sock') }, Requests.method.get, { id });
  return request?.row?.phase ? `${request.row.state}.${request.row.phase}` : request?.row?.state;
}

async function untilAt(rig: ServiceRig, id: RequestId, state: string) {
  while ((await stateAt(rig, id)) !== state) await new Promise<void>((resolve) => clock.wakeIn(20, resolve));
}

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

  const admin = (...words: string[]) => adminOf(rig, ...words);
  const stateOf = (id: RequestId) => stateAt(rig, id);
  const untilIn = (id: RequestId, state: string) => untilAt(rig, id, state);

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

  it('pauses dispatch, which a restart does not undo, with its name and its reason wherever one looks', async () => {
    assert.equal((await admin('dispatch', 'pause', ...because)).exitCode, 0);
    assert.equal((await admin('dispatch', 'pause', ...because)).exitCode, 4);
    const id = await requester.submit(stdinOf('what waits'));
    await untilIn(id, 'executing.waiting');
    await service.kill();
    service = await rig.serve();
    const paused = /paused {5}dispatch by ada since 20\d\d-\d\d-\d\d \d\d:\d\d:\d\d: the driver is replaced\n/;
    assert.match((await admin('status')).out, paused);
    assert.match(
      (await admin('why', id.slice(-8))).out.replaceAll('\n', ' '),
      /Dispatch is paused by ada since .* the driver is replaced\./,
    );
    assert.equal((await admin('dispatch', 'resume', '--reason', 'it is replaced')).exitCode, 0);
    await untilIn(id, 'proving.running');
    assert.doesNotMatch((await admin('status')).out, /paused/);
  });

  it('refuses new requests while intake is paused, and takes them when it is resumed', async () => {
    assert.equal((await admin('intake', 'pause', '--for', '1h', ...because)).exitCode, 0);
    assert.match((await admin('status')).out, /paused {5}intake by ada since/);
    let isTaken = false;
    // As the SDK does, it tries again for two minutes.
    const submitting = requester.submit(stdinOf('what is taken later')).finally(() => (isTaken = true));
    const url = 'http://admin/metrics';
    const isRefused = async () => /sealed_refusals_total\{code="PAUSED"\} [1-9]/.test(await textAt(rig, url));
    while (!(await isRefused())) await new Promise<void>((resolve) => clock.wakeIn(20, resolve));
    assert.equal(isTaken, false);
    assert.equal((await admin('intake', 'resume', ...because)).exitCode, 0);
    const id = await submitting;
    assert.equal((await admin('cancel', id, ...because, '--yes')).exitCode, 0);
  });

  it('stops a lane, whose job waits first in line, also over a restart, and starts it again', async () => {
    const { rows } = await callJson({ path: join(rig.data, 'admin.sock') }, Requests.method.list, {
      filter: { states: ['proving'] },
    });
    const id = (rows[0]?.id ?? '') as RequestId;
    const last = await admin('lane', 'cpu-prove-0', 'drain', ...because);
    assert.deepEqual([last.exitCode, /last one that takes work/.test(last.err)], [4, true]);
    assert.equal((await admin('lane', 'cpu-prove-0', 'stop', ...because, '--force')).exitCode, 4);
    const stopped = await admin('lane', 'cpu-prove-0', 'stop', ...because, '--force', '--yes');
    assert.equal(stopped.exitCode, 0);
    assert.match(stopped.out.replaceAll('\n', ' '), new RegExp(`work of lane cpu-prove-0 on request ${id}.* is lost`));
    await untilIn(id, 'proving.waiting');
    await service.kill();
    service = await rig.serve();
    const lanes = await admin('lanes');
    assert.match(
      lanes.out,
      /\ncpu-prove-0 +prove +stopped[^\n]*\n(.*\n)*cpu-prove-0 is stopped by ada: the driver is replaced\n/,
    );
    assert.match((await admin('why', id)).out.replaceAll('\n', ' '), /cpu-prove-0 is given nothing new, by ada/);
    assert.equal((await admin('lane', 'cpu-prove-0', 'start', ...because)).exitCode, 0);
    await untilIn(id, 'proving.running');
    assert.equal((await admin('lane', 'gpu-9', 'start', ...because)).exitCode, 3);
    const audit = await admin('audit');
    assert.match(audit.lines[0] ?? '', /^ +\d+ {2}20\S+ \S+ {2}ada lane\.start cpu-prove-0: the driver is replaced$/);
  });

  it('does the same to all that fit, once their number was typed', async () => {
    const id = await requester.submit(stdinOf('one of many'));
    const waiting = ['many', 'cancel', '--state', 'proving', '--state', 'executing', ...because];
    await untilIn(id, 'proving.waiting');
    const asked = await admin(...waiting);
    assert.deepEqual([asked.exitCode, asked.err.trim()], [4, 'Nothing was done. Do it with --count 2.']);
    assert.match(asked.out, /^Would happen: cancel is done to each of the 2 open requests that fit\./);
    assert.match((await admin(...waiting, '--count', '3')).err, /2 requests fit now, and 3 were confirmed/);
    assert.equal(await stateOf(id), 'proving.waiting');
    assert.equal((await admin(...waiting, '--count', '2')).exitCode, 0);
    assert.equal(await stateOf(id), 'cancelled');
    assert.match((await admin('status')).out, /\nopen {7}0 /);
  });

  it('stops the service after a dry run that says what runs, and stays until it has stopped', async () => {
    const id = await requester.submit(stdinOf('what goes on after the stop'));
    const dry = await admin('drain', ...because);
    assert.equal(dry.exitCode, 4);
    assert.match(dry.out, /Would happen: The service stops/);
    const done = await admin('drain', ...because, '--yes');
    assert.equal(done.exitCode, 0, done.err);
    assert.match(done.err, /It has stopped\.\n$/);
    assert.equal(await service.stop(), 0);
    assert.equal((await admin('status')).exitCode, 6);
    service = await rig.serve();
    const { out } = await admin('audit', '--limit', '1');
    assert.match(out, /ada service\.drain: the driver is replaced/);
    assert.match(String(await stateOf(id)), /^(requested|executing|proving)/);
  });
});

describe('a request whose engine dies at every try', { timeout: 120_000 }, () => {
  it('is held, told to the operator, and after a retry fulfilled, while its client has only waited', async (t) => {
    const rig = await createServiceRig({
      script: { rules: [{ on: 'prove', act: { kind: 'proverError', text: 'CUDA_ERROR_OUT_OF_MEMORY' } }] },
      flags: { 'hold-failed': '1h' },
    });
    let service = await rig.serve();
    const requester = createRequester(rig.url, { clock });
    t.after(async () => {
      requester.close();
      await service.stop();
      await rig.end();
    });
    await requester.register();
    const stdin = stdinOf('what is too large for its lane');
    const id = await requester.submit(stdin);
    const seen: string[] = [];
    const waiting = requester.client.waitProof(id, { pollMs: 50, onUpdate: ({ state }) => void seen.push(state) });
    await untilAt(rig, id, 'held');
    const end = id.slice(-8);
    const told = new RegExp(`needs you  1 +…${end} HELD: It is held until .*\n +→ admin retry …${end}\n`);
    assert.match((await adminOf(rig, 'status')).out, told);
    assert.match((await adminOf(rig, 'requests', '--reason', 'HELD')).out, new RegExp(`…${end} .* held +POISONOUS`));
    assert.match((await adminOf(rig, 'why', end)).out.replaceAll(/\s+/g, ' '), /It is held until \S+ for an operator/);

    // It is given room: the service is started again, with engines that have it.
    await service.kill();
    rig.changeScript({});
    service = await rig.serve();
    assert.match((await adminOf(rig, 'status')).out, told);
    assert.equal((await adminOf(rig, 'retry', end, '--reason', 'more memory', '--dry-run')).exitCode, 0);
    assert.equal(await stateAt(rig, id), 'held');
    assert.equal((await adminOf(rig, 'retry', end, '--reason', 'more memory')).exitCode, 0);

    const { proofUrl } = await waiting;
    assert.deepEqual(await requester.fetchProof(proofUrl), expectedProof(stdin));
    assert.deepEqual(
      [...new Set(seen)].filter((state) => !['requested', 'executing', 'proving'].includes(state)),
      ['fulfilled'],
    );
    assert.match((await adminOf(rig, 'request', end, '--history')).out, / {5}by ada: more memory\n/);
    assert.match((await adminOf(rig, 'status')).out, /\nneeds you {2}–\n/);
  });
});
