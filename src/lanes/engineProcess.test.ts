// Child processes as the kernel sees them: what they are given, what they die of, and that none outlives its parent.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { PassThrough } from 'node:stream';
import { type TestContext, test } from 'node:test';
import { pino } from 'pino';
import { proofModes } from '../engines/jobs.js';
import { laneId } from '../ids.js';
import { installFakeEngine } from '../testkit/engine/fakeEngineLauncher.js';
import { isAlive, LaneRig, laneBecomes } from '../testkit/engine/laneRig.js';
import { failureOfExit, startEngineProcess } from './engineProcess.js';
import { socketFits } from './engineProcessLaunch.js';
import { countOomKills } from './engineProcessMemory.js';
import { readLines } from './engineProcessOutput.js';

const id = laneId('cpu-prove-0');
const quiet = { timeout: 300_000 };

/** Starts a shell script as if it were an engine. */
async function shell(t: TestContext, script: string, isDiscreet = true) {
  const facts: string[] = [];
  const log = pino({ level: 'debug' }, { write: (line: string) => void facts.push(line) });
  const launch = {
    command: '/bin/sh',
    args: ['-c', script],
    env: { ONLY: 'this' },
    socketPath: '/nowhere',
    partsFolder: '/nowhere',
    isDiscreet,
  };
  const engine = await startEngineProcess(launch, id, log);
  t.after(() => engine.kill());
  return { engine, facts };
}

test('an engine is given its own environment and nothing of ours', quiet, async (t) => {
  const { engine, facts } = await shell(t, '/usr/bin/env >&2; exit 3');
  assert.equal((await engine.exited).detail, 'exit code 3');
  const lines = facts.map((fact) => JSON.parse(fact)['line']).filter((line) => line !== undefined);
  // PWD and _ are the shell's own. A coverage run has Node add its own to every child.
  assert.deepEqual(
    lines.filter((line) => !/^(PWD|_|SHLVL|OLDPWD|NODE_V8_COVERAGE)=/.test(line)),
    ['ONLY=this'],
  );
});

test('what an indiscreet engine prints is never logged', quiet, async (t) => {
  const { engine, facts } = await shell(t, 'echo the secret >&2; exit 1', false);
  await engine.exited;
  assert.ok(facts.length >= 2);
  assert.doesNotMatch(facts.join(), /the secret"/);
});

test('what an engine says last explains its end, until it has been given an input', quiet, async (t) => {
  const script = "printf '\\033[31mno GPU here\\033[0m\\n\\n' >&2; exit 1";
  for (const isDiscreet of [true, false]) {
    const { engine } = await shell(t, script, isDiscreet);
    assert.deepEqual(await engine.exited, { detail: 'exit code 1', isOutOfMemory: false, lastLine: 'no GPU here' });
    const { engine: loaded } = await shell(t, script, isDiscreet);
    loaded.keepToItself();
    assert.deepEqual(await loaded.exited, { detail: 'exit code 1', isOutOfMemory: false });
  }
});

test('an allocation that failed is named, also when the engine aborts by itself', quiet, async (t) => {
  const { engine } = await shell(t, 'echo "memory allocation of 4096 bytes failed" >&2; kill -ABRT $$');
  const exit = await engine.exited;
  assert.equal(exit.isOutOfMemory, true);
  assert.equal(failureOfExit(exit, id, true).code, 'OUT_OF_MEMORY');
});

test('a kill that is neither ours nor for memory is an ordinary loss', quiet, async (t) => {
  const { engine } = await shell(t, 'kill -KILL $$');
  const exit = await engine.exited;
  assert.deepEqual(exit, { detail: 'signal SIGKILL', isOutOfMemory: false });
  assert.equal(failureOfExit(exit, id, true).code, 'ENGINE_LOST');
});

test('kill reaches what the engine has started itself', quiet, async (t) => {
  const { engine, facts } = await shell(t, 'sleep 60 & echo $! >&2; wait');
  while (!facts.some((fact) => fact.includes('engine.output'))) await new Promise(setImmediate);
  const grandchild = Number(JSON.parse(facts.find((fact) => fact.includes('engine.output')) ?? '{}')['line']);
  assert.ok(isAlive(grandchild));
  await engine.kill();
  await engine.kill();
  // Its new parent, not we, collects it. Until then it is a zombie.
  while (
    isAlive(grandchild) &&
    !/^State:\s+Z/m.test(await readFile(`/proc/${grandchild}/status`, 'utf8').catch(() => 'State: Z'))
  )
    await new Promise(setImmediate);
});

test('lines are cut, joined over chunks, and the last one needs no end', async () => {
  const stream = new PassThrough();
  const lines: string[] = [];
  readLines(stream, (line) => lines.push(line));
  for (const chunk of ['ab', 'c\nd\n\n', 'x'.repeat(400), 'x'.repeat(400), '\nlast']) stream.write(chunk);
  stream.end();
  await new Promise((resolve) => stream.once('close', resolve));
  assert.deepEqual(lines, ['abc', 'd', '', 'x'.repeat(500), 'last']);
});

test('victims of the memory killer are counted in our group where it counts them, else on the machine', async (t) => {
  const root = await mkdtemp(join(tmpdir(), 'oom-'));
  t.after(() => rm(root, { recursive: true }));
  const put = async (path: string, text: string) => {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  };
  assert.equal(await countOomKills(root), 0);
  await put('proc/vmstat', 'nr_free_pages 5\noom_kill 9\n');
  assert.equal(await countOomKills(root), 9);
  await put('proc/self/cgroup', '0::/a/b\n');
  await put('proc/self/mountinfo', '31 23 0:28 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n');
  await put('sys/fs/cgroup/a/memory.events', 'low 0\noom 4\noom_kill 3\n');
  assert.equal(await countOomKills(root), 3);
  await put('sys/fs/cgroup/a/b/memory.events', 'low 0\noom 4\noom_kill 2\noom_group_kill 7\n');
  assert.equal(await countOomKills(root), 2);
  await rm(join(root, 'sys'), { recursive: true });
  await put('proc/self/cgroup', '4:memory:/a\n');
  await put('proc/self/mountinfo', '35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n');
  await put('sys/fs/cgroup/memory/a/memory.oom_control', 'oom_kill_disable 0\nunder_oom 0\noom_kill 6\n');
  assert.equal(await countOomKills(root), 6);
});

test('a run folder too deep for a socket is not taken', () => {
  const deep = `/${'folder/'.repeat(14)}`;
  const cpu = { kind: 'cpu', command: 'engine', env: {} } as const;
  assert.equal(socketFits(cpu, deep, id), false);
  assert.equal(socketFits(cpu, '/run/sealed-prover', id), true);
  assert.equal(socketFits({ kind: 'gpu', socketPath: '/run/a.sock' }, deep, id), true);
});

test('an engine ends when the service is killed', quiet, async (t) => {
  const rig = await LaneRig.set(t);
  const command = await installFakeEngine(rig.engineRig.folder, {});
  const socketPath = rig.engineRig.socketPath;
  const launch = {
    command,
    args: ['--role', 'execute', '--socket', socketPath],
    env: {},
    socketPath,
    partsFolder: `${socketPath}.d`,
    isDiscreet: true,
  };
  const module = new URL('./engineProcess.ts', import.meta.url).href;
  const code = `
    import { pino } from 'pino';
    const { startEngineProcess } = await import(${JSON.stringify(module)});
    await startEngineProcess(${JSON.stringify(launch)}, 'lane-0', pino());`;
  const service = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', code], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const output = await new Promise<string>((resolve) => service.stdout.once('data', (data) => resolve(`${data}`)));
  const engine = JSON.parse(output)['pid'];
  // Once it listens it is certain that it listens to the pipe as well.
  const reachable = () =>
    new Promise<boolean>((resolve) => {
      const socket = connect(socketPath, () => resolve(true)).on('error', () => resolve(false));
      t.after(() => socket.destroy());
    });
  while (!(await reachable()));
  assert.ok(isAlive(engine));
  service.kill('SIGKILL');
  while (
    isAlive(engine) &&
    !/^State:\s+Z/m.test(await readFile(`/proc/${engine}/status`, 'utf8').catch(() => 'State: Z'))
  )
    await new Promise(setImmediate);
});

/** A server that, like sp1-gpu-server, knows no options and binds its socket in /tmp by the number of its device. */
async function installFakeGpuServer(t: TestContext): Promise<{ readonly folder: string; readonly command: string }> {
  // A private /tmp would hide what lies in /tmp, and the fake engine is started from this checkout: then the shared one is tested.
  const folder = await mkdtemp(import.meta.dirname.startsWith('/tmp/') ? '/tmp/gpu-' : '/var/tmp/gpu-');
  t.after(() => rm(folder, { recursive: true }));
  const fake = await installFakeEngine(folder, {});
  const command = join(folder, 'sp1-gpu-server');
  await writeFile(
    command,
    `#!/bin/sh\nexec ${fake} --role prove --socket "/tmp/sp1-cuda-$CUDA_VISIBLE_DEVICES.sock"\n`,
  );
  await chmod(command, 0o700);
  return { folder, command };
}

test('a managed GPU server gets its device, a socket of its own, and dies with its lane', quiet, async (t) => {
  const rig = await LaneRig.set(t);
  const { folder, command } = await installFakeGpuServer(t);
  const lane = rig.lane(
    'prove',
    { kind: 'gpu', command, device: 77, env: { PATH: '/usr/bin:/bin' } },
    { runFolder: async () => folder },
  );
  lane.start();
  await laneBecomes(lane, (status) => status.state === 'ready' && status.warm);
  const outcome = await lane.run(await rig.engineRig.proveJob(), {
    signal: new AbortController().signal,
    onProgress() {},
  });
  assert.ok(outcome.ok);
  const [isolation] = await rig.logged('engine.isolation');
  const isPrivate = isolation?.['privateTmp'] === true;
  const expected = isPrivate ? join(folder, 'gpu-prove-0.tmp/sp1-cuda-77.sock') : '/tmp/sp1-cuda-77.sock';
  assert.equal(isolation?.['socketPath'], expected);
  if (!isPrivate) t.diagnostic('no mount namespaces here: the shared /tmp was tested');
  await lane.stop();
  assert.deepEqual(rig.pids.map(isAlive), [false]);
});

test(
  'a GPU server serves groth16 and plonk only where their circuit files are: it would download them',
  quiet,
  async (t) => {
    const rig = await LaneRig.set(t);
    const { folder, command } = await installFakeGpuServer(t);
    const env = { PATH: '/usr/bin:/bin', HOME: folder, SP1_GROTH16_CIRCUIT_PATH: join(folder, 'groth16') };
    const lane = rig.lane(
      'prove',
      { kind: 'gpu', command, device: 78, env },
      { runFolder: async () => folder, modes: proofModes },
    );
    for (const [complete, served] of [
      ['.sp1/circuits/groth16/v6.1.0', ['core', 'compressed']],
      ['.sp1/circuits/plonk/v6.1.0', ['core', 'compressed', 'plonk']],
      ['groth16/v6.1.0', ['core', 'compressed', 'plonk', 'groth16']],
    ] as const) {
      await mkdir(join(folder, complete), { recursive: true });
      await writeFile(join(folder, complete, '.complete'), '');
      lane.start();
      await laneBecomes(lane, (status) => status.warm);
      assert.deepEqual(lane.modes, served);
      await lane.stop();
    }
  },
);

test('a GPU server that others manage is never killed, nor is its work cut off', quiet, async (t) => {
  const rig = await LaneRig.set(t);
  const { engineRig } = rig;
  const held = join(engineRig.folder, 'held');
  await writeFile(held, '');
  const fake = await engineRig.fake(t, { rules: [{ on: 'prove', times: 1, whileThere: held }] });
  const lane = rig.lane('prove', { kind: 'gpu', socketPath: engineRig.socketPath });
  lane.start();
  await laneBecomes(lane, (status) => status.warm);
  const controller = new AbortController();
  const job = await engineRig.proveJob();
  const outcome = lane.run(job, { signal: controller.signal, onProgress() {} });
  await fake.until('prove');
  controller.abort();
  const given = await outcome;
  assert.ok(!given.ok && given.failure.code === 'ABORTED');
  assert.equal(lane.isFree, false);
  await rm(held);
  await laneBecomes(lane, (status) => status.state === 'ready');
  // One connection for its whole run: a second one would be a second prover on the same GPU.
  const starts = rig.facts.filter((fact) => fact.event === 'lane.transition' && fact['to'] === 'starting');
  assert.deepEqual([fake.connections, starts.length], [1, 1]);
  assert.ok((await lane.run(job, { signal: new AbortController().signal, onProgress() {} })).ok);
  assert.deepEqual(rig.pids, []);
});
