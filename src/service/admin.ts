// The listeners of operators: a unix socket in the data folder, for the user that the service runs as, and a port for others where one is
// wanted. They share nothing with the port of clients, so that they answer while that one is busy, and while the service starts and stops.
import type { Clock } from '../clock.js';
import { effectiveOptions } from '../config/effective.js';
import type { AdminSocket, Config } from '../config/load.js';
import type { Scheduling } from '../lanes/scheduling.js';
import type { Log } from '../log.js';
import type { Meter } from '../metrics/meter.js';
import { registerNeeds } from '../metrics/needsMetrics.js';
import { registerUpkeepMetrics } from '../metrics/upkeepMetrics.js';
import type { Random } from '../random.js';
import { ownersDoor } from '../rpc/admin/access/door.js';
import type { AdminDependencies } from '../rpc/admin/dependencies.js';
import { needsYou } from '../rpc/admin/needsYou.js';
import { createSurface, type OperatorsRoute } from '../rpc/admin/surface.js';
import { createWatchers } from '../rpc/admin/watch/watchers.js';
import type { Signers } from '../signers/signers.js';
import type { Store } from '../store/environment.js';
import { createListener } from '../transport/front/createListener.js';
import type { Front } from '../transport/front/front.js';
import { SocketPathError } from '../transport/front/unixSocket.js';
import { createRoutes } from '../transport/http/routes.js';
import { type ListenerFor, openAdminPort } from './adminPort.js';
import type { Assembly } from './assemble.js';
import type { SourceBucket } from './backup/fromBucket.js';
import { machineOf } from './footprint.js';
import { artifactKeyOf } from './keys.js';
import { createUpkeep } from './upkeep.js';

export interface AdminParameters {
  readonly config: Config;
  readonly assembly: Pick<
    Assembly,
    | 'system'
    | 'readiness'
    | 'life'
    | 'feed'
    | 'audit'
    | 'orders'
    | 'minutes'
    | 'network'
    | 'browseArtifacts'
    | 'browsePrograms'
    | 'programRemoval'
    | 'lanePrograms'
    | 'collection'
  >;
  readonly scheduling: Scheduling;
  /** Absent where nothing is signed. */
  readonly signers?: Signers | undefined;
  /** Where the data lies. */
  readonly dataFolder: string;
  readonly store: Store;
  /** Where artifacts are kept. Absent: in the data folder alone. */
  readonly bucket?: SourceBucket | undefined;
  readonly meter: Meter;
  /** What else is answered there, beside the calls. */
  readonly more?: readonly OperatorsRoute[];
  /** As SIGTERM does. */
  readonly stopService: () => void;
  /** Of the package. */
  readonly version: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/** A list of filters has some hundred bytes. */
const maxCallBytes = 64 * 1024;

export interface OpenedAdmin {
  /** Takes no more calls, and gives those that are under way so long (ms). */
  close(graceMs: number): Promise<void>;
}

/** Throws a SocketPathError for a socket that was named, and for the port a WatchedFileError or an AdminStartError. */
export async function openAdmin(parameters: AdminParameters): Promise<OpenedAdmin> {
  const { config, clock, random, log, more } = parameters;
  const dependencies = await dependenciesOf(parameters);
  const { orders } = dependencies;
  registerUpkeepMetrics(parameters.meter, {
    clock,
    upkeep: dependencies.upkeep,
    isPaused: (what) => orders.of(what) !== undefined,
  });
  registerNeeds(parameters.meter, {
    needs: async () => (await needsYou(dependencies, await dependencies.disk())).byReason,
    watchers: dependencies.watchers,
  });
  /** All of it behind a door. */
  const listenerFor: ListenerFor = (door, rest) => {
    const { methods, ...served } = createSurface(dependencies, {
      door,
      more,
      clock,
      log,
      random,
      limitBytes: maxCallBytes,
    });
    const routes = createRoutes({ ...served, log, random });
    return createListener({ ...rest, methods, routes, maxCallBytes, clock, log });
  };
  const port = await openAdminPort({ config, listenerFor, clock, log });
  try {
    const socket = await openSocket(config.adminSocket, listenerFor(ownersDoor), log);
    return {
      async close(graceMs) {
        dependencies.watchers.close();
        dependencies.upkeep.close();
        await Promise.all([socket?.close(graceMs), port?.close(graceMs)]);
      },
    };
  } catch (error) {
    await port?.close(0);
    throw error;
  }
}

/**
 * Undefined where no socket is wanted, or where the data folder can hold none and nobody has named a place for it: proofs do not depend on
 * it. Throws a SocketPathError for a place that was named.
 */
async function openSocket(socket: AdminSocket | undefined, front: Front, log: Log): Promise<Front | undefined> {
  if (socket === undefined) return undefined;
  try {
    await front.listen({ socketPath: socket.path });
    return front;
  } catch (error) {
    const problem = error instanceof SocketPathError ? error.message : `${socket.path}: ${String(error)}.`;
    const advice = `${problem} Name a place for it with --admin-socket, or none with --admin-socket off.`;
    if (socket.isNamed) throw new SocketPathError(advice, { cause: error });
    log.warn({ event: 'admin.none', path: socket.path, err: error }, `nothing listens for operators: ${advice}`);
    return undefined;
  }
}

async function dependenciesOf(parameters: AdminParameters) {
  const { config, assembly, scheduling, store, version, clock, random } = parameters;
  return {
    ...assembly.system,
    browseArtifacts: assembly.browseArtifacts,
    browsePrograms: assembly.browsePrograms,
    programRemoval: assembly.programRemoval,
    lanePrograms: assembly.lanePrograms,
    collection: assembly.collection,
    feed: assembly.feed,
    audit: assembly.audit,
    upkeep: createUpkeep({
      ...parameters,
      ...assembly,
      data: parameters.dataFolder,
      drainTimeoutMs: config.drainTimeout,
    }),
    orders: assembly.orders,
    minutes: assembly.minutes,
    underWay: new Map(),
    random,
    watchers: createWatchers(),
    readiness: assembly.readiness,
    life: assembly.life,
    network: assembly.network,
    signers: parameters.signers,
    scheduling,
    clock,
    options: effectiveOptions(config),
    version,
    started: { at: clock.now(), steady: clock.steady() },
    ...machineOf(config.data),
    tokenKey: await artifactKeyOf(store, random),
  } satisfies AdminDependencies;
}
