// A thousand calls of /wait_proof that are held, of requests that do not end: what they cost the service, and those who ask for something else.
import { readFileSync } from 'node:fs';
import { Agent, type ClientRequest, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { quantile } from './figures.js';
import { startService } from './service.js';
import { busyEngine, dataIn, type Part, scaled } from './setting.js';
import { residentBytes } from './uploads.js';

const part = 'tee waits';
const elf = readFileSync(fileURLToPath(new URL('../examples/fibonacci/fibonacci.elf', import.meta.url)));

export const measureTeeWaits: Part = async (setting) => {
  const { cli, folder, say } = setting;
  const flags = ['--tee', 'dev', '--cpu-prove-lanes', '0'];
  const engine = await busyEngine(setting);
  const service = await startService({ cli, engine, data: dataIn(setting, 'tee-waits'), folder, flags });
  const held: ClientRequest[] = [];
  try {
    await service.lanesSettled();
    const body = `{"elf":[${elf.join(',')}],"stdin":{"buffer":[[20,0,0,0]],"ptr":0,"proofs":[]},"proof_mode":"TEE"}`;
    const id = await (await fetch(`${service.url}/request_proof`, { method: 'POST', body })).text();
    const agent = new Agent({ keepAlive: true });
    const asking = async (times: number) => {
      const tookMs: number[] = [];
      for (let n = 0; n < times; n += 1) {
        const from = performance.now();
        await (await fetch(`${service.url}/requests/${id}`)).text();
        tookMs.push(performance.now() - from);
      }
      return tookMs;
    };
    await asking(200);
    const alone = await asking(scaled(500, setting));
    const before = residentBytes(service.pid);
    const threads = threadsOf(service.pid);
    const count = scaled(1_000, setting);
    say(`tee: ${count} waits`);
    let answered = 0;
    for (let n = 0; n < count; n += 1) {
      const wait = request(`${service.url}/wait_proof`, { method: 'POST', agent }, () => {
        answered += 1;
      });
      wait.on('error', () => {});
      wait.end(id);
      held.push(wait);
    }
    await sleep(2_000);
    await service.resetProbe();
    const beside = await asking(scaled(500, setting));
    const { p99 } = await service.readProbe();
    if (answered > 0) throw new Error(`${answered} waits were answered`);
    const kilobytes = (residentBytes(service.pid) - before) / 1000 / count;
    return [
      { part, measure: `event-loop delay p99, ${count} held`, value: p99, unit: 'ms', aim: { most: 20 } },
      { part, measure: 'memory of a wait with its connection', value: kilobytes, unit: 'kB' },
      { part, measure: 'threads more', value: threadsOf(service.pid) - threads, unit: '', aim: { most: 0 } },
      { part, measure: 'GET /requests/<id> beside them, p50', value: quantile(beside, 0.5), unit: 'ms' },
      { part, measure: 'without them', value: quantile(alone, 0.5), unit: 'ms' },
    ];
  } finally {
    for (const wait of held) wait.destroy();
    await service.kill();
  }
};

const threadsOf = (pid: number): number =>
  Number(/^Threads:\s+(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
