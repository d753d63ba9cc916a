// Dispatch and completion: what the service adds before and after the prover. One request at a time through the real system (LMDB,
// files, lanes with their threads, fake engines as child processes that answer at once with a proof of 1.5 MB), in this process so
// that its own events can be timed.
// - dispatch: RequestProof answered (durable) → the execution engine has the job. The lane is asked while the flush is still under
//   way, so this can be 0; the line below it counts from the call.
// - hand-over: last byte of the execution's answer → the prover has the job.
// - completion: last byte of the proof → FULFILLED can be seen, with the proof's file flushed, handed to the verifier and recorded in
//   between, and without the time that the verifier itself takes.
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { createCatalog } from '../src/artifacts/catalog.js';
import { createDirectoryBackend } from '../src/artifacts/directory.js';
import { createProofIds } from '../src/artifacts/proofIds.js';
import { systemClock } from '../src/clock.js';
import type { Engine, EngineOptions } from '../src/engines/engine.js';
import type { Stage } from '../src/engines/jobs.js';
import { openEngine } from '../src/engines/laneWorker.js';
import { openFeed } from '../src/feed/feed.js';
import { type ArtifactId, laneId } from '../src/ids.js';
import { createDispatcher } from '../src/lanes/createDispatcher.js';
import { createEngineHost } from '../src/lanes/realEngineHost.js';
import { createLog } from '../src/log.js';
import { createAudit } from '../src/operations/audit.js';
import { createOrders } from '../src/operations/orders.js';
import { systemRandom } from '../src/random.js';
import { Admission } from '../src/requests/admission.js';
import { createSystem, type RequestSystem } from '../src/requests/system.js';
import { openStore } from '../src/store/environment.js';
import { noSigner } from '../src/tee/noSigner.js';
import { createVouchers } from '../src/tee/vouchers.js';
import { type Figure, quantile } from './figures.js';
import { seedStore, signer, stdinRef, vkHash } from './requests.js';
import { dataIn, type Part, scaled } from './setting.js';

const timedEngine = fileURLToPath(new URL('./timedEngine.main.ts', import.meta.url));
const warmUp = 30;
const proofFillerBytes = 1_500_000;
const ample = {
  memory: { limitBytes: 1e12, availableBytes: 1e12 },
  modes: [],
  refusal: () => undefined,
};

/** Times of one request, in ms by this process's performance clock. */
interface Times {
  calledAt: number;
  durableAt: number;
  lastByte: Record<Stage, number>;
  fulfilledAt: number;
}

export const measureLatency: Part = async (setting) => {
  const data = dataIn(setting, 'latency');
  mkdirSync(data, { recursive: true, mode: 0o700 });
  const store = await openStore(join(data, 'store'));
  const count = scaled(400, setting) + warmUp;
  const ids = await seedStore(store, data, count);
  const artifacts = createDirectoryBackend({ folder: data, uploads: { threads: 1, concurrent: 1 } });
  const log = createLog('warn');
  const clock = systemClock;
  const begunPath = join(setting.folder, 'begun');
  writeFileSync(begunPath, '');
  const args = [
    '--import',
    import.meta.resolve('tsx'),
    timedEngine,
    '--begun',
    begunPath,
    '--filler',
    `${proofFillerBytes}`,
  ];
  const env = { PATH: process.env['PATH'] ?? '' };
  let onLastByte: (stage: Stage, at: number) => void = () => {};
  const engines = createEngineHost({
    runFolder: async () => setting.folder,
    clock,
    log,
    connect: (options) => timed(options, (stage, at) => onLastByte(stage, at)),
  });
  const dispatcher = createDispatcher({
    lanes: (['execute', 'prove', 'verify'] as const).map((stage) => ({
      id: laneId(`cpu-${stage}-0`),
      stage,
      modes: stage === 'prove' ? ['core'] : [],
      engine: { kind: 'cpu', command: process.execPath, args, env },
    })),
    capacity: ample,
    engines,
    limits: { jobs: 100, bytes: Number.POSITIVE_INFINITY },
    clock,
    log,
  });
  const catalog = createCatalog({ store, backend: artifacts, clock });
  const feed = openFeed({ store, clock, retention: 1_000_000 });
  const audit = createAudit({ store, feed });
  const system = createSystem({
    life: 1,
    feed,
    audit,
    orders: createOrders({ store, audit, clock }),
    store,
    clock,
    random: systemRandom,
    log,
    scheduling: dispatcher,
    admission: new Admission(64),
    artifacts,
    catalog,
    proofIds: createProofIds(randomBytes(32)),
    gate: () => 'serving',
    maxOpen: 1000,
    maxOpenOfRequester: 1000,
    proofRetentionMs: 3_600_000,
    holdFailedMs: 0,
    signer: noSigner,
    vouchers: createVouchers(randomBytes(32)),
    maxPublicValuesBytes: 2 ** 20,
    isSignedFor: () => true,
  });
  dispatcher.start();
  await new Promise<void>((resolve) => {
    dispatcher.onLaneChange(() => {
      if (dispatcher.lanes().every(({ state }) => state === 'ready')) resolve();
    });
  });

  setting.say(`latency: ${count} requests, one after the other`);
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const all: Times[] = [];
  for (const id of ids) {
    const times: Times = {
      calledAt: 0,
      durableAt: 0,
      lastByte: { execute: 0, setup: 0, prove: 0, verify: 0 },
      fulfilledAt: 0,
    };
    onLastByte = (stage, at) => {
      times.lastByte[stage] = at;
    };
    await complete(system, id, times);
    all.push(times);
  }
  delay.disable();
  await dispatcher.stop();
  await system.stop();
  await artifacts.close();
  await store.close();
  const figures = figuresOf(all, begunTimes(begunPath));
  return [
    ...figures,
    {
      part: 'latency',
      measure: 'event-loop delay p99',
      value: Math.max(0, delay.percentile(99) / 1e6 - 1),
      unit: 'ms',
    },
  ];
};

/** Asks for a proof and waits until it is seen as fulfilled. */
async function complete({ registry }: RequestSystem, stdinId: ArtifactId, times: Times): Promise<void> {
  const { address: requester } = signer;
  const ended = new Promise<void>((resolve, reject) => {
    const unsubscribe = registry.onChange(({ state }) => {
      if (state === 'fulfilled') times.fulfilledAt = performance.now();
      else if (state !== 'failed') return;
      unsubscribe();
      if (state === 'failed') reject(new Error('the request has failed'));
      else resolve();
    });
  });
  times.calledAt = performance.now();
  await registry.submit(
    {
      requester,
      flavour: 'base',
      vkHash,
      version: 'sp1-v6.1.0',
      mode: 'core',
      strategy: 1,
      stdinId,
      stdinPrivate: true,
      deadlineAt: Date.now() + 3_600_000,
      cycleLimit: '18446744073709551615',
      gasLimit: '18446744073709551615',
      minAuctionPeriod: '0',
      whitelist: [],
    },
    { stdin: () => stdinRef(stdinId), alsoWrite: () => {} },
  );
  times.durableAt = performance.now();
  await ended;
}

/** An engine that reports when its last bytes come. The worker's clock is cut to whole milliseconds, so a time counted from it is up to 1 ms too long. */
function timed(options: EngineOptions, onLastByte: (stage: Stage, at: number) => void): Engine {
  const engine = openEngine(options);
  return {
    kind: engine.kind,
    get connected() {
      return engine.connected;
    },
    get programs() {
      return engine.programs;
    },
    connect: (signal) => engine.connect(signal),
    info: () => engine.info(),
    waitReady: (mode, watch) => engine.waitReady(mode, watch),
    run: (job, watch) =>
      engine.run(job, { ...watch, onLastByte: (at) => onLastByte(job.stage, at - performance.timeOrigin) }),
    setUp: (program, watch) => engine.setUp(program, watch),
    forget: (program, watch) => engine.forget(program, watch),
    close: () => engine.close(),
  };
}

/** When each engine began its jobs, in order, by this process's performance clock. */
function begunTimes(path: string): Record<Stage, number[]> {
  const offset = Number(process.hrtime.bigint()) / 1e6 - performance.now();
  const times: Record<string, number[]> & Record<Stage, number[]> = { execute: [], setup: [], prove: [], verify: [] };
  for (const line of readFileSync(path, 'utf8').split('\n').filter(Boolean)) {
    const [stage, nanoseconds] = line.split(' ') as [Stage, string];
    times[stage]?.push(Number(nanoseconds) / 1e6 - offset);
  }
  return times;
}

function figuresOf(all: readonly Times[], begun: Record<Stage, number[]>): Figure[] {
  const part = 'latency';
  const samples = all
    .map((times, n) => ({
      ...times,
      begun: { execute: begun.execute[n], prove: begun.prove[n], verify: begun.verify[n] },
    }))
    .slice(warmUp);
  const both = (name: string, ms: (sample: (typeof samples)[number]) => number, most?: number): Figure[] => {
    const values = samples.map((sample) => Math.max(0, ms(sample)));
    return [
      { part, measure: `${name} p50`, value: quantile(values, 0.5), unit: 'ms' },
      {
        part,
        measure: `${name} p99`,
        value: quantile(values, 0.99),
        unit: 'ms',
        ...(most !== undefined && { aim: { most } }),
      },
    ];
  };
  const known = (at: number | undefined) => at ?? Number.NaN;
  const verifyingMs = (s: (typeof samples)[number]) => s.lastByte.verify - known(s.begun.verify);
  return [
    ...both('dispatch (durable → engine)', (s) => known(s.begun.execute) - s.durableAt, 10),
    ...both('call → engine', (s) => known(s.begun.execute) - s.calledAt),
    ...both('call → durable', (s) => s.durableAt - s.calledAt),
    ...both('hand-over (executed → prover)', (s) => known(s.begun.prove) - s.lastByte.execute, 10),
    ...both('completion (proof → FULFILLED)', (s) => s.fulfilledAt - s.lastByte.prove - verifyingMs(s), 20),
    ...both('verified → FULFILLED', (s) => s.fulfilledAt - s.lastByte.verify),
  ];
}
