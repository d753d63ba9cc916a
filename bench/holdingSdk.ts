// `--real`: the same as holding.ts with the stock Rust SDK, and for how much of its wait a poll was held: what a killed service would
// cost it. The fake engine's proofs take a little more or less time than the one before. From the service's decision to the
// return of `wait_proof`.
import { readFileSync } from 'node:fs';
import { installFakeEngine } from '../src/testkit/engine/fakeEngineLauncher.js';
import { fibonacci, fibonacciVk, type SdkReport } from '../src/testkit/sdk/rustSdk.js';
import { conformanceClient } from './conformanceClient.js';
import { decisions } from './decisions.js';
import { type Figure, quantile } from './figures.js';
import { runAside } from './runAside.js';
import { startService } from './service.js';
import { dataIn, type Part, type Setting } from './setting.js';

/** What a proof takes. The first is not counted: how long one takes is not known then. */
const delaysMs = [7_000, 7_500, 8_100, 8_600, 8_100, 7_600, 7_000, 6_500, 6_000];

export const measureHoldingSdk: Part = async (setting) => {
  const figures: Figure[] = [];
  for (const [name, holdPolls] of [
    ['not held', '0s'],
    ['held', '2s'],
  ] as const) {
    const { waits, heldShare } = await measureWaits(holdPolls, setting);
    const part = 'real, holding';
    const note = `${waits.length} waits of the stock SDK`;
    figures.push(
      { part, measure: `fulfilled → wait_proof returns, ${name}, p50`, value: quantile(waits, 0.5), unit: 'ms', note },
      { part, measure: 'the same, worst', value: quantile(waits, 1), unit: 'ms' },
      { part, measure: 'the same, share of the wait in which a poll is held', value: 100 * heldShare, unit: '%' },
    );
  }
  return figures;
};

async function measureWaits(holdPolls: string, setting: Setting): Promise<{ waits: number[]; heldShare: number }> {
  const { cli, folder, say } = setting;
  const rules = delaysMs.map((delayMs) => ({ on: 'prove', times: 1, delayMs }) as const);
  const engine = await installFakeEngine(folder, { rules, vk: await fibonacciVk() }, `slow-engine-${holdPolls}`);
  const data = dataIn(setting, `holding-sdk-${holdPolls}`);
  const flags = ['--hold-polls', holdPolls, '--log-level', 'debug'];
  const service = await startService({ cli, engine, data, folder, flags });
  try {
    await service.lanesSettled();
    const reports: SdkReport[] = [];
    for (const n of delaysMs.keys()) {
      say(`holding: the stock SDK waits with --hold-polls ${holdPolls}, ${n + 1} of ${delaysMs.length}`);
      const program = ['--program', fibonacci, '--input-u32', `${n}`, '--proof-mode', 'groth16'];
      const options = ['--url', service.url, '--skip-simulation', '--no-verify'];
      const output = await runAside(conformanceClient(), ['prove', ...program, ...options]);
      reports.push(JSON.parse(output.trim().split('\n').at(-1) ?? '') as SdkReport);
    }
    const decidedAt = decisions(service.logPath);
    const counted = reports.slice(1);
    const decided = ({ requestId }: SdkReport) => decidedAt.get(`${requestId}`.replace(/^0x/, '')) ?? Number.NaN;
    const waitedMs = counted.reduce((sum, { elapsedMs }) => sum + elapsedMs, 0);
    return {
      waits: counted.map((report) => report.finishedAtMs - decided(report)),
      heldShare: heldMsOf(service.logPath) / waitedMs,
    };
  } finally {
    await service.kill();
  }
}

/** For how long polls were held, all together (ms), by the service's log. */
function heldMsOf(logPath: string): number {
  const lines = readFileSync(logPath, 'utf8').split('\n');
  const released = lines.filter((line) => line.includes('"poll.released"'));
  return released.reduce((sum, line) => sum + (JSON.parse(line) as { heldMs: number }).heldMs, 0);
}
