// TEE proofs of fibonacci (n = 20) with the real engine, by the two calls of sp1-tee-prover: from the first byte of the POST to the last of the
// signature. A known program has been set up in this life of the service, a new one has not. Then its JSON, what is held, and gas.
import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type Figure, quantile } from './figures.js';
import { type RunningService, startService } from './service.js';
import { dataIn, type Part, type Setting, scaled } from './setting.js';
import { measureTeeGas } from './teeGas.js';
import { measureTeeIntake } from './teeIntake.js';
import { measureTeeWaits } from './teeWaits.js';

const part = 'tee';
const elf = readFileSync(fileURLToPath(new URL('../examples/fibonacci/fibonacci.elf', import.meta.url)));
const inFlight = 64;
/** Each is set up, which takes seconds. */
const newInFlight = 8;
const agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY });

export const measureTee: Part = async (setting) => [
  ...(await measureSignatures(setting)),
  ...(await measureTeeIntake(setting)),
  ...(await measureTeeWaits(setting)),
  ...(await measureTeeGas(setting)),
];

async function measureSignatures(setting: Setting): Promise<readonly Figure[]> {
  const engine = process.env['SEALED_ENGINE'];
  if (engine === undefined) {
    setting.say('tee: no engine here, so nothing is executed');
    return [];
  }
  const { cli, folder, say } = setting;
  const flags = ['--tee', 'dev', '--cpu-prove-lanes', '0'];
  const service = await startService({ cli, engine, data: dataIn(setting, 'tee'), folder, flags });
  try {
    await idle(service);
    say('tee: new programs');
    const fresh: number[] = [];
    for (let n = 0; n < Math.max(3, scaled(10, setting)); n += 1) {
      await idle(service);
      fresh.push(await sign(service, bodyOf(newProgram(n))));
    }
    say('tee: a known program, one after the other');
    const known = bodyOf(elf);
    await sign(service, known);
    const ready: number[] = [];
    const atOnce: number[] = [];
    for (let n = 0; n < scaled(100, setting); n += 1) {
      await idle(service);
      ready.push(await sign(service, known));
      // The engine of the one before has not ended yet, or the next one is not there.
      atOnce.push(await sign(service, known));
    }
    say(`tee: a known program, ${inFlight} in flight`);
    await idle(service);
    const many = await signMany(service, scaled(6 * inFlight, setting), () => known);
    say(`tee: new programs, ${newInFlight} in flight`);
    await idle(service);
    const manyNew = await signMany(service, newInFlight, (n) => bodyOf(newProgram(1_000 + n)));
    return [
      ...spread('new program, POST → signature', fresh),
      ...spread('known program, engine ready, POST → signature', ready, { aim: { most: 100 } }),
      ...spread('the same, asked for at the end of the one before', atOnce),
      ...spread(`known program, ${inFlight} in flight`, many.tookMs),
      { part, measure: 'signatures', value: many.rate, unit: '/s' },
      ...spread(`new programs, ${newInFlight} in flight`, manyNew.tookMs),
      { part, measure: 'signatures', value: manyNew.rate, unit: '/s' },
    ];
  } finally {
    await service.kill();
  }
}

const spread = (measure: string, tookMs: readonly number[], rest: Partial<Figure> = {}): Figure[] => [
  { part, measure: `${measure}, p50`, value: quantile(tookMs, 0.5), unit: 'ms', ...rest },
  { part, measure: 'p99', value: quantile(tookMs, 0.99), unit: 'ms', note: `${tookMs.length} samples` },
];

/** Resolves when each lane has an engine that waits for work. */
async function idle({ url }: RunningService): Promise<void> {
  for (;;) {
    const { lanes } = (await (await fetch(`${url}/health`)).json()) as { lanes: ReadonlyArray<{ state: string }> };
    if (lanes.every(({ state }) => state === 'ready')) return;
    await sleep(5);
  }
}

/** Another program for the same guest: the bytes behind its end are no part of what runs, and of its digest they are. */
function newProgram(n: number): Buffer {
  const tail = Buffer.alloc(8);
  tail.writeBigUInt64LE(BigInt(n + 1));
  return Buffer.concat([elf, tail]);
}

const bodyOf = (program: Uint8Array) =>
  Buffer.from(`{"elf":[${program.join(',')}],"stdin":{"buffer":[[20,0,0,0]],"ptr":0,"proofs":[]},"proof_mode":"TEE"}`);

/** Milliseconds. */
async function sign({ url }: RunningService, body: Buffer): Promise<number> {
  const from = performance.now();
  const id = await post(`${url}/request_proof`, body);
  await post(`${url}/wait_proof`, Buffer.from(id));
  return performance.now() - from;
}

async function signMany(service: RunningService, count: number, bodyFor: (n: number) => Buffer) {
  const tookMs: number[] = [];
  const from = performance.now();
  let next = 0;
  const work = async () => {
    while (next < count) tookMs.push(await sign(service, bodyFor(next++)));
  };
  await Promise.all(Array.from({ length: inFlight }, work));
  return { tookMs, rate: (1000 * count) / (performance.now() - from) };
}

/** No limit of time: whoever waits for one of many waits long. */
function post(url: string, body: Buffer): Promise<string> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method: 'POST', agent }, (answer) => {
      const parts: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => parts.push(chunk));
      answer.once('error', reject);
      answer.once('end', () => {
        const text = Buffer.concat(parts).toString();
        if (answer.statusCode === 200) resolve(text);
        else reject(new Error(`${answer.statusCode}: ${text}`));
      });
    });
    sent.once('error', reject);
    sent.end(body);
  });
}
