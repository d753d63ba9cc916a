// The listener of operators: a unix socket in the data folder, for the user that the service runs as. It shares nothing with the port of
// clients, so that it answers while that one is busy, and while the service starts and stops.
import type { Clock } from '../clock.js';
import type { Config } from '../config/load.js';
import type { Scheduling } from '../lanes/scheduling.js';
import type { Log } from '../log.js';
import type { Meter } from '../metrics/meter.js';
import { registerNeeds } from '../metrics/needsMetrics.js';
import type { Random } from '../random.js';
import type { AdminDependencies } from '../rpc/admin/dependencies.js';
import { linesOf } from '../rpc/admin/lines.js';
import { needsYou } from '../rpc/admin/needsYou.js';
import { adminMethods, adminStreams } from '../rpc/admin/service.js';
import { createWatchers } from '../rpc/admin/watch/watchers.js';
import { noSuchMethod } from '../rpc/connect/jsonRoute.js';
import type { Store } from '../store/environment.js';
import { createListener } from '../transport/front/createListener.js';
import type { Front } from '../transport/front/front.js';
import { SocketPathError } from '../transport/front/unixSocket.js';
import { createRoutes, type Route } from '../transport/http/routes.js';
import type { Assembly } from './assemble.js';
import { machineOf } from './footprint.js';
import { artifactKeyOf } from './keys.js';
import { createUpkeep } from './upkeep.js';

export interface AdminParameters {
  readonly config: Pick<Config, 'data' | 'adminSocket'>;
  readonly assembly: Pick<Assembly, 'system' | 'readiness' | 'life' | 'feed' | 'audit' | 'orders' | 'network'>;
  readonly scheduling: Scheduling;
  /** Where the data lies. */
  readonly dataFolder: string;
  readonly store: Store;
  readonly meter: Meter;
  /** What else is answered there, beside the calls. */
  readonly more?: readonly Route[];
  /** Of the package. */
  readonly version: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/** A list of filters has some hundred bytes. */
const maxCallBytes = 64 * 1024;

/**
 * Listens, and answers what to close. Undefined where no socket is wanted, or where the data folder can hold none and nobody has named a
 * place for it: proofs do not depend on it. Throws a SocketPathError for a place that was named.
 */
export async function openAdmin(parameters: AdminParameters): Promise<Front | undefined> {
  const { config, clock, random, log, more = [] } = parameters;
  const { adminSocket } = config;
  const dependencies = await dependenciesOf(parameters);
  registerNeeds(parameters.meter, {
    needs: async () => needsYou(dependencies, linesOf(dependencies), await dependencies.disk()),
    watchers: dependencies.watchers,
  });
  if (adminSocket === undefined) return undefined;
  const spoken = adminMethods(dependencies);
  const streams = adminStreams(dependencies, { log, random });
  const routes = spoken.map((each) => each.route({ clock, log, random, limitBytes: maxCallBytes }));
  const front = createListener({
    methods: [...spoken.map(({ method }) => method), ...streams.methods],
    routes: createRoutes({ routes: [...routes, ...streams.routes, ...more], otherwise: noSuchMethod, log, random }),
    maxCallBytes,
    clock,
    log,
  });
  try {
    await front.listen({ socketPath: adminSocket.path });
    return {
      ...front,
      close(graceMs) {
        dependencies.watchers.close();
        return front.close(graceMs);
      },
    };
  } catch (error) {
    const problem = error instanceof SocketPathError ? error.message : `${adminSocket.path}: ${String(error)}.`;
    const advice = `${problem} Name a place for it with --admin-socket, or none with --admin-socket off.`;
    if (adminSocket.isNamed) throw new SocketPathError(advice, { cause: error });
    log.warn({ event: 'admin.none', path: adminSocket.path, err: error }, `nothing listens for operators: ${advice}`);
    return undefined;
  }
}

async function dependenciesOf(parameters: AdminParameters): Promise<AdminDependencies> {
  const { config, assembly, scheduling, store, version, clock, random } = parameters;
  return {
    ...assembly.system,
    feed: assembly.feed,
    audit: assembly.audit,
    upkeep: createUpkeep({ ...parameters, ...assembly, data: parameters.dataFolder }),
    orders: assembly.orders,
    underWay: new Map(),
    random,
    watchers: createWatchers(),
    readiness: assembly.readiness,
    life: assembly.life,
    network: assembly.network,
    scheduling,
    clock,
    version,
    started: { at: clock.now(), steady: clock.steady() },
    ...machineOf(config.data),
    tokenKey: await artifactKeyOf(store, random),
  };
}
