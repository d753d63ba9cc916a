// Restart: the service is killed with 10,000 open requests and started again. From the start of its process to the line that says it
// serves, and to the first RequestProof that it has answered (asked again every few milliseconds).
import { setTimeout as sleep } from 'node:timers/promises';
import { type Figure, quantile } from './figures.js';
import { load } from './load.js';
import { requestProofPath, seed, signedRequests } from './requests.js';
import { type RunningService, startService } from './service.js';
import { busyEngine, dataIn, type Part, scaled } from './setting.js';

const rounds = 5;

export const measureRestart: Part = async (setting) => {
  const { cli, folder } = setting;
  const open = scaled(10_000, setting);
  setting.say(`restart: making ${open} open requests`);
  const data = dataIn(setting, 'restart');
  const ids = await seed(data, open + rounds);
  // All of them are one requester's.
  const flags = ['--max-open-requests-per-address', '20000'];
  const parameters = { cli, engine: await busyEngine(setting), data, folder, flags };
  const first = await startService(parameters);
  const messages = signedRequests(ids.slice(0, open));
  const { refused } = await load({ ...first, path: requestProofPath, messages, connections: 8, inFlight: 8 });
  if (refused > 0) throw new Error(`${refused} requests were refused`);
  await first.kill();

  const serving: number[] = [];
  const answered: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    setting.say(`restart: ${round + 1} of ${rounds}`);
    const messages = signedRequests(ids.slice(open + round, open + round + 1));
    const service = await startService(parameters);
    serving.push(service.servingAt - service.spawnedAt);
    await firstAnswer(service, messages);
    answered.push(performance.now() - service.spawnedAt);
    await service.kill();
  }
  const part = 'restart';
  const note = `${open} open requests, worst of ${rounds}`;
  return [
    { part, measure: 'process start → serving', value: Math.max(...serving), unit: 'ms', aim: { most: 2_000 }, note },
    { part, measure: 'the same, median', value: quantile(serving, 0.5), unit: 'ms' },
    {
      part,
      measure: 'process start → first RequestProof',
      value: Math.max(...answered),
      unit: 'ms',
      aim: { most: 2_000 },
    },
  ] satisfies Figure[];
};

async function firstAnswer(service: RunningService, messages: readonly Uint8Array[]): Promise<void> {
  for (;;) {
    const { refused } = await load({ ...service, path: requestProofPath, messages, connections: 1, inFlight: 1 });
    if (refused === 0) return;
    await sleep(2);
  }
}
