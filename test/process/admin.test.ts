// Operators at a real service: by the command line, by curl's means, while it starts, works and stops, and after it was killed.
import assert from 'node:assert/strict';
import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { runCli } from '../../src/cli/runCli.js';
import { holdingClock } from '../../src/clock.js';
import { Requests, type Row } from '../../src/gen/admin/v1/requests_pb.js';
import { Service } from '../../src/gen/admin/v1/service_pb.js';
import type { RequestId } from '../../src/ids.js';
import { scriptedCli } from '../../src/testkit/scriptedCli.js';
import { callGrpc, callJson } from '../../src/testkit/service/adminCalls.js';
import { watchEvents } from '../../src/testkit/service/adminWatch.js';
import { parsePrometheus } from '../../src/testkit/service/prometheusText.js';
import { createRequester, type ServiceRequester, stdinOf } from '../../src/testkit/service/serviceRequests.js';
import { createServiceRig, type ServiceProcess, type ServiceRig } from '../../src/testkit/service/serviceRig.js';

const clock = holdingClock;
const mostColumns = 100;

describe('sealed-prover admin', { timeout: 600_000 }, () => {
  let rig: ServiceRig;
  let service: ServiceProcess;
  let requester: ServiceRequester;
  let id: RequestId;

  before(async () => {
    rig = await createServiceRig({
      script: {
        rules: [
          {
            on: 'prove',
            progress: [{ stage: 'proving', done: 3, total: 96, cycles: 0 }],
            act: { kind: 'hang' },
          },
        ],
      },
    });
    service = await rig.serve();
    requester = createRequester(rig.url, { clock });
    await requester.register();
    id = await requester.submit(stdinOf('what is proved'));
    // No part in this one, so that nothing else says that it has started.
    await service.until(({ laneId, to }) => laneId === 'cpu-verify-0' && to === 'ready');
    await untilShown(
      ({ state, phase, progress }) => state === 'proving' && phase === 'running' && progress?.done === 3,
    );
  });
  /** The log says what has been decided, and operators see what is on disk. */
  async function untilShown(fits: (row: Row) => boolean) {
    const path = join(rig.data, 'admin.sock');
    for (;;) {
      const { request } = await callJson({ path }, Requests.method.get, { id });
      if (request?.row && fits(request.row)) return;
      await new Promise<void>((resolve) => clock.wakeIn(20, resolve));
    }
  }
  after(async () => {
    requester.close();
    await rig.end();
  });

  async function admin(...words: string[]) {
    const cli = scriptedCli({ SEALED_DATA: rig.data });
    const exitCode = await runCli(['admin', ...words], cli);
    const lines = cli.out().trimEnd().split('\n');
    for (const line of lines) if (!words.includes('--json')) assert.ok([...line].length <= mostColumns, line);
    return { exitCode, lines, out: cli.out(), err: cli.err() };
  }

  it('its socket is for its owner alone, and speaks gRPC and JSON', async () => {
    const path = join(rig.data, 'admin.sock');
    const { mode } = statSync(path);
    assert.equal(mode & 0o777, 0o600);
    const byJson = await callJson({ path }, Service.method.status, {});
    const byGrpc = await callGrpc({ path }, Service.method.status, {});
    assert.ok('message' in byGrpc);
    assert.deepEqual([byJson.phase, byGrpc.message.phase], ['serving', 'serving']);
    assert.deepEqual(byJson.open, { proving: 1 });
    assert.ok((byJson.disk?.sizeBytes ?? 0n) > 0n && byJson.residentBytes > 0n);
  });

  it('shows the service, its requests, lanes and lines within 100 columns', async () => {
    const status = await admin('status');
    assert.equal(status.exitCode, 0);
    assert.match(status.out, /^serving · \S+ · life 1 · up \d+ \w+ · disk \d+ % of [\d.]+ \wB · memory [\d.]+ MB\n/);
    assert.match(status.out, /\nopen {7}1 +proving 1 · running 1\n/);
    assert.match(status.out, /\nlanes {6}3\/3 +all able\n/);

    const { lines } = await admin('requests', '--state', 'proving.running');
    assert.match(lines[0] ?? '', /^REQUEST +AGE +STATE +WHY +LANE +TRY +PROGRESS +DEADLINE$/);
    assert.match(
      lines[1] ?? '',
      new RegExp(`^…${id.slice(-8)} .* proving\\.running +RUNNING +cpu-prove-0 +1 +proving 3/96 +in `),
    );
    assert.match((await admin('requests', '--state', 'failed')).out, /^No such requests\.\n/);

    const request = await admin('request', `…${id.slice(-8)}`);
    assert.match(request.out, new RegExp(`^Request +0x${id}\nState +proving\\.running\n`));
    const why = await admin('why', id.slice(-8));
    assert.match(why.out, /^Stage prove runs on cpu-prove-0 for \d+ \w+\. Its deadline is in /);
    assert.match((await admin('requests', '--reason', 'RUNNING')).out, new RegExp(`…${id.slice(-8)}`));
    assert.match(status.out, /\nneeds you {2}–\n/);
    const history = await admin('request', id.slice(-6), '--history');
    assert.match(history.out, /\n0 .* requested +xstate\.init +– +– +1\n/);
    assert.match(history.lines.at(-1) ?? '', /proving\.running +LANE_GRANTED +cpu-prove-0/);

    const lanes = await admin('lanes');
    assert.match(lanes.out, new RegExp(`\ncpu-prove-0 +prove +busy +\\S.* …${id.slice(-8)} +proving 3/96 +0 +–`));
    const lane = await admin('lane', 'cpu-prove-0');
    assert.match(
      lane.out,
      new RegExp(`^Lane {6}cpu-prove-0\nStage {5}prove\nState {5}busy.*, for (.*\n)+Request {3}0x${id}\n`),
    );
    const unsaid = await admin('lane', 'cpu-prove-0', 'drain');
    assert.deepEqual([unsaid.exitCode, unsaid.err.includes('--reason')], [2, true]);
    assert.equal((await admin('lane', 'cpu-prove-9')).exitCode, 3);
    assert.match((await admin('queue')).out, /\nadmission +0 .*(\n.*)*\nUnder way: 1, of 64 at once\.\n/);
  });

  it('prints objects of version 1 for scripts, a line each', async () => {
    for (const words of [
      ['status'],
      ['requests'],
      ['request', id],
      ['request', id, '--history'],
      ['lanes'],
      ['queue'],
    ]) {
      const { lines, exitCode } = await admin(...words, '--json');
      assert.equal(exitCode, 0);
      for (const line of lines) assert.equal((JSON.parse(line) as { v: number }).v, 1, words.join(' '));
    }
    const [row] = (await admin('requests', '--json')).lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    assert.deepEqual([row?.['id'], row?.['state'], row?.['phase']], [id, 'proving', 'running']);
  });

  it('tells scripts by its exit code what went wrong', async () => {
    assert.equal((await admin('request', 'abcde')).exitCode, 2);
    assert.equal((await admin('requests', '--state', 'sleeping')).exitCode, 2);
    const unknown = await admin('request', 'ab'.repeat(32), '--json');
    assert.equal(unknown.exitCode, 3);
    assert.equal((JSON.parse(unknown.out) as { error: { code: string } }).error.code, 'REQUEST_UNKNOWN');
    const unreached = await admin('status', '--socket', join(rig.folder, 'none.sock'));
    assert.equal(unreached.exitCode, 6);
    assert.match(unreached.err, /^No service answers at .*none\.sock \(ENOENT\)\. Is it running, as this user/);
  });

  it('watches until Ctrl-C, also while the service is killed and comes back, with the history in one piece', async () => {
    const cli = scriptedCli({ SEALED_DATA: rig.data });
    const watching = runCli(['admin', 'requests', '--watch'], cli);
    const untilSeen = async (pattern: RegExp) => {
      while (!pattern.test(cli.out())) await new Promise<void>((resolve) => clock.wakeIn(20, resolve));
    };
    await untilSeen(new RegExp(`…${id.slice(-8)}`));
    const before = watchEvents({ path: join(rig.data, 'admin.sock') }, '?after=1');
    await before.until(({ event }) => event.case === 'beat');
    await service.kill();
    await before.ended;
    await untilSeen(/No service answers at/);
    service = await rig.serve();
    const behind = watchEvents({ path: join(rig.data, 'admin.sock') }, `?after=${before.cursor}`);
    await untilShown(
      ({ state, phase, progress }) => state === 'proving' && phase === 'running' && progress?.done === 3,
    );
    await untilSeen(new RegExp(`No service answers(.|\\n)*…${id.slice(-8)}.*proving`));
    cli.interrupt();
    assert.equal(await watching, 130);
    const { entries, isComplete } = await callJson({ path: join(rig.data, 'admin.sock') }, Requests.method.history, {
      id,
    });
    assert.deepEqual(
      entries.map(({ seq }) => seq),
      entries.map((_, index) => index),
    );
    assert.ok(isComplete && entries.length >= 7);
    assert.deepEqual([entries[0]?.life, entries.at(-1)?.life, entries.at(-1)?.laneId], [1, 2, 'cpu-prove-0']);
    await behind.until(({ event }) => event.case === 'request' && event.value.entry?.seq === entries.at(-1)?.seq);
    behind.leave();
    const told = [...before.seen, ...behind.seen];
    const seqs = told.flatMap(({ event }) => (event.case === 'request' ? [event.value.entry?.seq] : []));
    assert.deepEqual(seqs, [...entries.keys()]);
    const lives = told.flatMap(({ event }) => (event.case === 'service' ? [event.value.facts['life']] : []));
    assert.deepEqual(lives, ['2']);
    assert.ok(behind.told.some((line) => line.startsWith('cpu-prove-0:')));
    const feed = await admin('feed', '--after', '1');
    assert.equal(feed.exitCode, 0);
    const tail = id.slice(-8);
    assert.match(feed.lines[0] ?? '', /^ +\d+ {2}20\d\d-\S+ \S+ {2}/);
    assert.match(
      feed.out,
      new RegExp(
        `…${tail} {2}– → requested\n(.*\n)*.*…${tail} .* → proving.running on cpu-prove-0\n(.*\n)*.*service started, life 2\n`,
      ),
    );
    const [event] = (await admin('feed', '--json')).lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    assert.deepEqual([event?.['v'], event?.['feed']], [1, '2']);
    assert.equal((await admin('feed', '--after', '1000000')).exitCode, 2);
    const history = await admin('request', id, '--history');
    assert.match(history.out, /\n {5}─+ the service was started anew ─+\n/);
  });

  it('answers while the service stops, and leaves no socket behind', async () => {
    // A call that is held keeps the port of clients open for the time of a drain.
    const path = join(rig.data, 'admin.sock');
    const phases: string[] = [];
    let isOver = false;
    const asking = (async () => {
      while (!isOver) {
        const status = await callJson({ path }, Service.method.status, {}).catch(() => undefined);
        if (status !== undefined) phases.push(status.phase);
      }
    })();
    assert.equal(await service.stop(), 0);
    isOver = true;
    await asking;
    assert.ok(
      phases.every((phase) => phase === 'serving' || phase === 'draining'),
      phases.join(),
    );
    assert.throws(() => statSync(path), { code: 'ENOENT' });
  });
});

describe('the admin socket', { timeout: 600_000 }, () => {
  let rig: ServiceRig;
  before(async () => {
    rig = await createServiceRig();
  });
  after(() => rig.end());

  it('is nowhere when it is off, which the command line says', async () => {
    const service = await rig.serve({ 'admin-socket': 'off' });
    assert.throws(() => statSync(join(rig.data, 'admin.sock')), { code: 'ENOENT' });
    const cli = scriptedCli({ SEALED_DATA: rig.data, SEALED_ADMIN_SOCKET: 'off' });
    assert.equal(await runCli(['admin', 'status'], cli), 2);
    assert.match(cli.err(), /admin socket of this service is off/);
    assert.equal(await service.stop(), 0);
  });

  it('is where a failure is told in whole sentences, within 100 columns', async () => {
    rig.changeScript({ rules: [{ on: 'prove', act: { kind: 'proverError', text: 'no such device '.repeat(30) } }] });
    const service = await rig.serve({ 'metrics-listen': '127.0.0.1:0' });
    const requester = createRequester(rig.url, { clock });
    await requester.register();
    const id = await requester.submit(stdinOf('what fails'));
    await service.until((line) => line.requestId === id && line.to === 'failed');
    const to = { path: join(rig.data, 'admin.sock') };
    while ((await callJson(to, Requests.method.get, { id })).request?.row?.failure === undefined)
      await new Promise<void>((resolve) => clock.wakeIn(20, resolve));
    const shown = async (...words: string[]) => {
      const cli = scriptedCli({ SEALED_DATA: rig.data });
      assert.equal(await runCli(['admin', 'request', id, ...words], cli), 0);
      for (const line of cli.out().split('\n')) assert.ok([...line].length <= mostColumns, line);
      return cli.out();
    };
    assert.match(await shown(), /\nFailure +ATTEMPTS_EXHAUSTED\n +All 2 attempts failed with ENGINE_REFUSED/);
    assert.match(await shown('--history'), /\n {5}ENGINE_REFUSED: The engine on lane cpu-prove-0 refused: /);
    requester.close();

    // And in numbers, on a port that has nothing else.
    const { text } = await service.until(({ event }) => event === 'metrics.listening');
    const url = `http://127.0.0.1:${(JSON.parse(text) as { port: number }).port}`;
    const answer = await fetch(`${url}/metrics`);
    assert.match(answer.headers.get('content-type') ?? '', /^text\/plain; version=0\.0\.4/);
    const families = parsePrometheus(await answer.text());
    const failures = families.get('sealed_request_failures_total')?.samples;
    assert.deepEqual(
      failures?.map(({ labels, value }) => [labels['code'], value]),
      [['ATTEMPTS_EXHAUSTED', 1]],
    );
    const most = (name: string) => Math.max(...(families.get(name)?.samples ?? []).map(({ value }) => value));
    for (const name of ['store_flush_seconds', 'signature_seconds', 'dispatch_seconds', 'http_seconds', 'setups_total'])
      assert.ok(most(`sealed_${name}`) > 0, name);
    for (const name of ['upload_bytes_total', 'engine_resident_bytes', 'store_bytes', 'http_total'])
      assert.ok(most(`sealed_${name}`) > 0, name);
    assert.equal(families.get('sealed_artifact_files')?.samples.length, 3);
    assert.equal(families.get('sealed_worker_queue')?.samples.length, 2);
    assert.equal((await fetch(`${url}/health`)).status, 200);
    for (const path of ['/', `/requests/0x${id}`, '/artifacts/x', '/feed'])
      assert.equal((await fetch(url + path)).status, 404, path);
    assert.equal((await fetch(`${rig.url}/metrics`)).status, 404);
    assert.equal(await service.stop(), 0);
  });

  it('with a path that is too long keeps the service from starting, and names the option', async () => {
    const service = rig.spawn({ 'admin-socket': join(rig.folder, 'x'.repeat(120)) });
    assert.equal((await service.exited).code, 1);
    assert.match(service.lines.map(({ text }) => text).join('\n'), /path of the socket .* is too long.*--admin-socket/);
  });

  it('is not made over a file of somebody else', async () => {
    const path = join(rig.folder, 'notes.txt');
    writeFileSync(path, 'mine');
    const service = rig.spawn({ 'admin-socket': path });
    assert.equal((await service.exited).code, 1);
    assert.match(service.lines.map(({ text }) => text).join('\n'), /is there already and is no socket.*--admin-socket/);
  });
});
