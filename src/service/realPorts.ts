// The ports of a real service: the data folder, threads, engines, the lists of who may call. Opened in order, closed in reverse.
import { join } from 'node:path';
import { systemClock } from '../clock.js';
import type { Config } from '../config/load.js';
import { createDispatcher } from '../lanes/createDispatcher.js';
import type { Dispatcher } from '../lanes/dispatcher.js';
import { createEngineHost } from '../lanes/realEngineHost.js';
import type { Log } from '../log.js';
import { createJobMetrics, type JobMetrics, registerEngineMemory } from '../metrics/jobMetrics.js';
import { createMeter } from '../metrics/meter.js';
import { createPoolMetrics } from '../metrics/poolMetrics.js';
import { createStoreMetrics } from '../metrics/storeMetrics.js';
import { systemRandom } from '../random.js';
import { createSignatures } from '../rpc/signed/signatures.js';
import { claimDataFolder } from '../store/dataFolder.js';
import { openStore } from '../store/environment.js';
import { openAccess } from './access.js';
import { assertDescriptors } from './descriptors.js';
import { laneSpecsOf } from './laneSpecs.js';
import type { Lifecycle } from './lifecycle.js';
import { openNetwork } from './network.js';
import { openRunFolder } from './openRunFolder.js';
import type { Ports } from './ports.js';
import { openStorage, type Storage } from './storage.js';
import { tellStrays } from './strays.js';

export interface RealPorts extends Ports {
  readonly scheduling: Dispatcher;
  /** Where the data lies: the folder that was named, or ours in it. */
  readonly dataFolder: string;
  readonly jobs: JobMetrics;
  /** Where artifacts are kept. Undefined: in the data folder alone. */
  readonly bucket: Storage['bucket'];
}

export interface OpenPortsParameters {
  readonly config: Config;
  /** Path of our engine. */
  readonly engine: string;
  readonly environment: NodeJS.ProcessEnv;
  readonly log: Log;
  /** Closes what was opened, also when opening ends in an error. */
  readonly lifecycle: Lifecycle;
}

/** Rejects with a DescriptorsError, DataFolderError, SchemaError, BucketError, RunFolderError or WatchedFileError. */
export async function openPorts({
  config,
  engine,
  environment,
  log,
  lifecycle,
}: OpenPortsParameters): Promise<RealPorts> {
  const clock = systemClock;
  const lanes = laneSpecsOf(config, engine, environment);
  assertDescriptors(lanes.length);
  const folder = await claimDataFolder(config.data);
  lifecycle.onStop(() => folder.release());
  if (folder.exposure !== undefined)
    log.warn(
      { event: 'data.exposed', path: folder.path },
      `${folder.exposure}: it should be readable by its owner alone`,
    );
  const meter = createMeter();
  const store = await openStore(join(folder.path, 'store'), createStoreMetrics(meter, clock));
  lifecycle.onStop(() => store.close());
  const pools = createPoolMetrics(meter, clock);
  const storage = await openStorage({ config, folder: folder.path, store, environment, watch: pools.uploads, log });
  lifecycle.onStop(() => storage.artifacts.close());
  tellStrays(folder.path, log);

  // Sockets of engines: their paths must be short, and they are worth nothing after this process.
  const runFolder = await openRunFolder(folder.path, lanes, store);
  lifecycle.onStop(() => runFolder.remove());
  const engines = createEngineHost({ runFolder: runFolder.ready, clock, log });
  const jobs = createJobMetrics(meter, clock);
  const scheduling = createDispatcher({
    lanes,
    engines,
    jobs,
    capacity: await engines.capacity({ proveLanes: config.cpuProveLanes }),
    limits: { jobs: config.maxOpenRequests, bytes: Number.POSITIVE_INFINITY },
    awaitsWorkers: config.workersListen !== undefined,
    clock,
    log,
  });
  lifecycle.onStop(() => scheduling.stop());
  registerEngineMemory(meter, {
    lanes: scheduling.lanes().map(({ id }) => id),
    memory: () => scheduling.engineMemory(),
  });

  const network = openNetwork(config, { environment, clock, log });
  const access = openAccess(config, { clock, log });
  lifecycle.onStop(() => access.close());
  const signatures = createSignatures({ threads: config.signatureThreads, watch: pools.signatures });
  lifecycle.onStop(() => signatures.close());
  return {
    clock,
    random: systemRandom,
    log,
    meter,
    store,
    ...storage,
    scheduling,
    jobs,
    dataFolder: folder.path,
    network,
    signatures: access.among(signatures),
    admit: access.admit,
  };
}
