// A real core proof through a worker: the service executes and verifies, and another process makes the proof.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { afterEach, it } from 'node:test';
import { freePort } from '../../src/testkit/freePort.js';
import { frontFlags, isWorking, startWorker } from '../../src/testkit/remote/workerProcess.js';
import { cliArguments, required, runToEnd } from '../../src/testkit/service/realService.js';
import { type ServiceProcess, watch, withoutSettings } from '../../src/testkit/service/serviceRig.js';
import { temporaryFolder } from '../../src/testkit/temporaryFolder.js';

const running: ServiceProcess[] = [];
afterEach(() => Promise.all(running.splice(0).map((each) => each.kill())));

it('a core proof of fibonacci comes back from a worker and verifies', { timeout: 600_000 }, async () => {
  const engine = required('SEALED_ENGINE');
  const folder = temporaryFolder('remote');
  const [port, workersPort] = [await freePort(), await freePort()];
  const flags = { listen: `127.0.0.1:${port}`, data: join(folder, 'data'), engine, ...frontFlags(workersPort) };
  const args = Object.entries(flags).flatMap(([flag, value]) => [`--${flag}`, value]);
  const env = withoutSettings(process.env);
  const front = watch(
    spawn(process.execPath, cliArguments('serve', ...args), { stdio: ['ignore', 'pipe', 'pipe'], env }),
  );
  running.push(front);
  await front.until(({ text }) => text.startsWith('Serving on'));
  const worker = startWorker(cliArguments(), { port: workersPort, engine, name: 'alpha' });
  running.push(worker);
  await worker.until(isWorking);

  const program = 'examples/fibonacci/fibonacci.elf';
  const out = join(folder, 'fibonacci.core.proof');
  const prove = [
    'prove',
    '--url',
    `http://127.0.0.1:${port}`,
    '--program',
    program,
    '--u32',
    '20',
    '--out',
    out,
    '--json',
  ];
  const { code, output } = await runToEnd(process.execPath, cliArguments(...prove, '--engine', engine));
  assert.equal(code, 0, output);
  await worker.until(({ event }) => event === 'work.done');
  assert.ok(front.lines.some(({ text }) => text.includes('"laneId":"alpha.cpu-prove-0"')));
  assert.equal(await worker.stop(), 0);
});
