// `--real`: the same as holding.ts with the stock Rust SDK. A guest that fails is all that is needed for it: `wait_proof` ends with the
// same poll as it does for a proof, and the fake engine says when. From the service's decision to the return of `wait_proof`.
import { fileURLToPath } from 'node:url';
import { installFakeEngine } from '../src/testkit/fakeEngineLauncher.js';
import { conformanceClient } from './conformanceClient.js';
import { decisions } from './decisions.js';
import { type Figure, quantile } from './figures.js';
import { runAside } from './runAside.js';
import { startService } from './service.js';
import { dataIn, type Part, type Setting } from './setting.js';

const elf = fileURLToPath(new URL('../examples/panic/panic.elf', import.meta.url));
/** After the request. The first held poll begins at 4 s and ends at 14 s, its client sleeps until 16 s: the last of these falls into that. */
const delaysMs = [5_000, 7_000, 9_000, 11_000, 13_000, 15_000];

/** What the conformance client prints for `prove --expect unexecutable` (conformance/src/prove.rs). */
interface Report {
  readonly requestId: string;
  readonly finishedAtMs: number;
}

export const measureHoldingSdk: Part = async (setting) => {
  const figures: Figure[] = [];
  for (const [name, holdPolls] of [
    ['not held', '0s'],
    ['held', '10s'],
  ] as const) {
    const waits = await measureWaits(holdPolls, setting);
    const part = 'real, holding';
    const note = `${waits.length} waits of the stock SDK`;
    figures.push(
      { part, measure: `failed → wait_proof returns, ${name}, p50`, value: quantile(waits, 0.5), unit: 'ms', note },
      { part, measure: 'the same, worst', value: quantile(waits, 1), unit: 'ms' },
    );
  }
  return figures;
};

async function measureWaits(holdPolls: string, setting: Setting): Promise<number[]> {
  const { cli, folder, say } = setting;
  const act = { kind: 'guestFailure', cause: 1, exitCode: 1 } as const;
  const rules = delaysMs.map((delayMs) => ({ on: 'execute', times: 1, delayMs, act }) as const);
  const engine = await installFakeEngine(folder, { rules }, `failing-engine-${holdPolls}`);
  const data = dataIn(setting, `holding-sdk-${holdPolls}`);
  const service = await startService({ cli, engine, data, folder, flags: ['--hold-polls', holdPolls] });
  try {
    await service.lanesSettled();
    const reports: Report[] = [];
    for (const n of delaysMs.keys()) {
      say(`holding: the stock SDK waits with --hold-polls ${holdPolls}, ${n + 1} of ${delaysMs.length}`);
      const program = ['--program', elf, '--skip-simulation', '--expect', 'unexecutable'];
      const output = await runAside(conformanceClient(), ['prove', '--url', service.url, ...program]);
      reports.push(JSON.parse(output.trim().split('\n').at(-1) ?? '') as Report);
    }
    const decidedAt = decisions(service.logPath);
    return reports.map(
      ({ requestId, finishedAtMs }) => finishedAtMs - (decidedAt.get(requestId.replace(/^0x/, '')) ?? Number.NaN),
    );
  } finally {
    await service.kill();
  }
}
