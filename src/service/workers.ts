// The listener of workers: provers on other machines, by mutual TLS. It shares nothing with the port of clients but the lanes.

import { circuitVersion } from '../client/requestProof.js';
import type { Clock } from '../clock.js';
import type { Config } from '../config/load.js';
import type { Dispatcher } from '../lanes/dispatcher.js';
import type { JobWatch } from '../lanes/jobWatch.js';
import type { Log } from '../log.js';
import type { Meter } from '../metrics/meter.js';
import { registerWorkerMetrics } from '../metrics/workerMetrics.js';
import type { Random } from '../random.js';
import { Roster } from '../remoteLanes/roster.js';
import { nothingHere } from '../rpc/http/routes.js';
import { workMethods } from '../rpc/work/service.js';
import { createListener } from '../transport/front/createListener.js';
import type { FrontLimits } from '../transport/front/front.js';
import { createRoutes } from '../transport/http/routes.js';
import { openTls } from './tls.js';

export interface WorkersParameters {
  readonly config: Pick<Config, 'workersListen' | 'workersCa' | 'workersCert' | 'workersKey' | 'tlsCert' | 'tlsKey'>;
  readonly scheduling: Pick<Dispatcher, 'add' | 'remove'>;
  /** Of the package. */
  readonly version: string;
  readonly meter: Meter;
  readonly jobs?: JobWatch | undefined;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

export interface OpenedWorkers {
  /** What it listens on. */
  readonly host: string;
  readonly port: number;
  close(): Promise<void>;
}

/** A piece of a proof has 256 KiB, and everything else less. */
const maxCallBytes = 300 * 1024;

/** A worker has one connection, and few workers are one network. */
const limits: FrontLimits = { silenceMs: 10_000, silent: 64, connections: 512, connectionsPerNetwork: 512 };

/** Calls of workers that are under way may end (ms). */
const graceMs = 500;

/** Undefined where none is wanted. Throws a WatchedFileError or a WorkersStartError. */
export async function openWorkers(parameters: WorkersParameters): Promise<OpenedWorkers | undefined> {
  const { config, scheduling, version, meter, jobs, clock, random, log } = parameters;
  const { workersListen, workersCa, workersCert = config.tlsCert, workersKey = config.tlsKey } = config;
  if (workersListen === undefined) return undefined;
  const files = { tlsCert: workersCert, tlsKey: workersKey, tlsClientCa: workersCa, plaintext: 'never' } as const;
  const tls = openTls(files, { clock, log });
  if (tls === undefined || workersCa === undefined) throw new Error('workers need mutual TLS');
  const onExpired = registerWorkerMetrics(meter, () => roster.workers());
  const circuits = circuitVersion;
  const roster: Roster = new Roster({ dispatcher: scheduling, version, circuits, jobs, clock, random, log, onExpired });
  const front = createListener({
    methods: workMethods({ roster }),
    routes: createRoutes({ routes: [], otherwise: nothingHere, log, random }),
    tls: { ...tls, needsCertificate: true },
    limits,
    maxCallBytes,
    clock,
    log,
  });
  try {
    const { host, port } = await front.listen(workersListen);
    log.info({ event: 'workers.listening', host, port }, 'workers may come');
    return {
      host,
      port,
      async close() {
        roster.close();
        await front.close(graceMs);
        tls.close();
      },
    };
  } catch (error) {
    tls.close();
    const { host, port } = workersListen;
    throw new WorkersStartError(
      `Workers cannot come in at ${host}:${port} (${(error as NodeJS.ErrnoException).code}). Choose another place with --workers-listen.`,
      { cause: error },
    );
  }
}

/** Shown to the operator as it is. */
class WorkersStartError extends Error {
  override readonly name = 'WorkersStartError';
}
