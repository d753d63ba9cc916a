// A rig for provers on other machines: a front's dispatcher and its listener for workers, in a time that the test moves, and workers over
// real connections, with fake engines or with calls that the test makes itself.

import { readdirSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import type { TestContext } from 'node:test';
import { circuitVersion } from '../../client/requestProof.js';
import { systemClock } from '../../clock.js';
import type { ProofMode } from '../../engines/jobs.js';
import { type Address, laneId, parseAddress } from '../../ids.js';
import { createDispatcher } from '../../lanes/createDispatcher.js';
import type { Dispatcher } from '../../lanes/dispatcher.js';
import type { LaneStatus, Terms } from '../../lanes/scheduling.js';
import { createJobMetrics, type JobMetrics } from '../../metrics/jobMetrics.js';
import { createMeter, type Meter } from '../../metrics/meter.js';
import { systemRandom } from '../../random.js';
import { type FrontLink, openFrontLink } from '../../remoteWorker/frontLink.js';
import { type WorkNews, type WorkParameters, workFor } from '../../remoteWorker/workFor.js';
import { type OpenedWorkers, openWorkers } from '../../service/workers.js';
import type { FakeScript } from '../engine/fakeEngineScript.js';
import { ampleCapacity, LaneRig } from '../engine/laneRig.js';
import { type CertificateName, certificateFile } from '../testCertificates.js';

export const terms: Terms = {
  requester: parseAddress('aa'.repeat(20)) as Address,
  deadlineAt: 2_000_000_000_000,
  resumed: false,
};

/** Of a job's watcher that never gives up by itself. */
export const watch = (signal = new AbortController().signal) => ({ signal, onGranted: () => {}, onProgress: () => {} });

export const version = '1.2.3';
const usualModes: readonly ProofMode[] = ['core', 'compressed'];
let names = 0;

export interface WorkerRig {
  readonly rig: LaneRig;
  readonly dispatcher: Dispatcher;
  readonly meter: Meter;
  readonly jobs: JobMetrics;
  readonly workers: OpenedWorkers;
  readonly scratch: string;
  /** What lies under names where workers keep what they work on. */
  leftOver(): string[];
  /** With one lane and a fake engine. It is stopped after the test. */
  worker(changes?: WorkerChanges): Promise<RunningWorker>;
  /** The calls of a worker, for tests that make them by themselves. */
  link(certificate?: CertificateName): FrontLink;
  /** Resolves when the front's lanes are as wished. */
  lanesBecome(isWished: (lanes: readonly LaneStatus[]) => boolean): Promise<void>;
}

export interface WorkerChanges extends Partial<Pick<WorkParameters, 'name' | 'version' | 'circuits' | 'clock'>> {
  readonly script?: FakeScript;
  readonly certificate?: CertificateName;
  readonly modes?: readonly ProofMode[];
  /** Where it finds the front. */
  readonly port?: number;
}

export interface RunningWorker {
  readonly news: readonly WorkNews[];
  /** Settles as `workFor` does. */
  readonly ended: Promise<void>;
  stop(): Promise<void>;
}

export const filesOf = (name: CertificateName) => ({
  cert: certificateFile(name),
  key: certificateFile(name, 'key'),
  frontCa: certificateFile('test-ca'),
});

export async function startWorkerRig(t: TestContext): Promise<WorkerRig> {
  const rig = await LaneRig.set(t);
  const { clock, log } = rig;
  const dispatcher = createDispatcher({
    lanes: [],
    capacity: ampleCapacity,
    engines: rig.host(),
    limits: { jobs: 100, bytes: 1e9 },
    awaitsWorkers: true,
    clock,
    log,
  });
  const config = {
    workersListen: { host: '127.0.0.1', port: 0 },
    workersCa: certificateFile('test-ca'),
    workersCert: certificateFile('server'),
    workersKey: certificateFile('server', 'key'),
    tlsCert: undefined,
    tlsKey: undefined,
  };
  const meter = createMeter();
  const jobs = createJobMetrics(meter, clock);
  const workers = await openWorkers({
    config,
    scheduling: dispatcher,
    version,
    meter,
    jobs,
    clock,
    random: systemRandom,
    log,
  });
  if (workers === undefined) throw new Error('nothing listens');
  dispatcher.start();
  t.after(async () => {
    const closed = workers.close();
    await clock.advance(5_000);
    await closed;
    await dispatcher.stop();
  });
  const scratch = `/dev/shm/${rig.engineRig.folder.split('/').at(-1)}`;
  await mkdir(scratch, { mode: 0o700 });
  t.after(() => rm(scratch, { recursive: true, force: true }));
  const urlOf = (port: number) => new URL(`https://127.0.0.1:${port}`);

  return {
    rig,
    dispatcher,
    meter,
    jobs,
    workers,
    scratch,
    leftOver: () => readdirSync(scratch),

    async worker({ script, certificate = 'client', modes = usualModes, port = workers.port, ...changes } = {}) {
      const lane = rig.lane('prove', await rig.fake(script), { id: laneId(`cpu-prove-${names++}`), modes });
      lane.start();
      const stopped = new AbortController();
      const news: WorkNews[] = [];
      const ended = workFor(
        {
          connect: () => openFrontLink(urlOf(port), filesOf(certificate)),
          name: 'alpha',
          version,
          circuits: circuitVersion,
          lanes: [lane],
          scratch: { folder: scratch, random: systemRandom },
          clock: systemClock,
          log,
          onNews: (said) => void news.push(said),
          ...changes,
        },
        stopped.signal,
      );
      const settled = ended.catch(() => undefined);
      const stop = async () => {
        stopped.abort();
        await settled;
      };
      t.after(stop);
      return { news, ended, stop };
    },

    link(certificate = 'client') {
      const link = openFrontLink(urlOf(workers.port), filesOf(certificate));
      t.after(() => link.close());
      return link;
    },

    lanesBecome: (isWished) =>
      new Promise((resolve) => {
        const look = () => {
          if (!isWished(dispatcher.lanes())) return;
          unsubscribe();
          resolve();
        };
        const unsubscribe = dispatcher.onLaneChange(look);
        look();
      }),
  };
}
