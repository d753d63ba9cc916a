// A scripted world with its admin socket.

import type { NetConnectOpts } from 'node:net';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { effectiveOptions } from '../../config/effective.js';
import { loadConfig } from '../../config/load.js';
import { createLog } from '../../log.js';
import { systemRandom } from '../../random.js';
import { type Door, ownersDoor } from '../../rpc/admin/access/door.js';
import type { AdminDependencies } from '../../rpc/admin/dependencies.js';
import { createSurface, type OperatorsRoute } from '../../rpc/admin/surface.js';
import { createWatchers } from '../../rpc/admin/watch/watchers.js';
import { createUpkeep } from '../../service/upkeep.js';
import type { FrontTls } from '../../transport/front/front.js';
import { createRoutes } from '../../transport/http/routes.js';
import { temporaryFolder } from '../temporaryFolder.js';
import { startListener } from '../transport/listenerRig.js';
import type { World } from '../world/world.js';

export const adminPartsOf = (world: World): AdminDependencies => ({
  ...world.system,
  browseArtifacts: world.assembly.browseArtifacts,
  browsePrograms: world.assembly.browsePrograms,
  programRemoval: world.assembly.programRemoval,
  lanePrograms: world.assembly.lanePrograms,
  collection: world.assembly.collection,
  feed: world.assembly.feed,
  audit: world.assembly.audit,
  upkeep: createUpkeep({
    ...world,
    ...world.assembly,
    data: world.folder,
    version: '0.0.0',
    drainTimeoutMs: 10_000,
    stopService: () => world.assembly.gate.advance('draining'),
    log: createLog('silent'),
  }),
  orders: world.assembly.orders,
  minutes: world.assembly.minutes,
  underWay: new Map(),
  random: systemRandom,
  watchers: createWatchers(),
  readiness: world.assembly.readiness,
  life: world.assembly.life,
  network: world.assembly.network,
  signers: undefined,
  scheduling: world.lanes,
  clock: world.clock,
  options: effectiveOptions(loadConfig({ flags: { data: world.folder }, environment: {} })),
  version: '0.0.0',
  started: { at: world.clock.now(), steady: world.clock.steady() },
  disk: async () => ({ freeBytes: 40, sizeBytes: 100 }),
  residentBytes: () => 1_000_000,
  tokenKey: new Uint8Array(32),
});

export interface AdminListening {
  /** Another one than that of the socket listens on TCP. */
  readonly door?: Door;
  readonly more?: readonly OperatorsRoute[];
  readonly tls?: FrontTls;
}

/** Answers what a client connects to. */
export async function startAdmin(
  t: Pick<TestContext, 'after'>,
  world: World,
  changes: Partial<AdminDependencies> = {},
  { door = ownersDoor, more = [], tls }: AdminListening = {},
): Promise<NetConnectOpts> {
  const log = createLog('silent');
  const parts = { ...adminPartsOf(world), ...changes };
  const limitBytes = 64 * 1024;
  const given = { door, more, clock: world.clock, log, random: systemRandom, limitBytes };
  const { methods, ...served } = createSurface(parts, given);
  const { to } = await startListener(
    t,
    { methods, routes: createRoutes({ ...served, log }), maxCallBytes: limitBytes, tls },
    door === ownersDoor ? { socketPath: join(temporaryFolder('admin'), 'admin.sock') } : { host: '127.0.0.1', port: 0 },
  );
  return to;
}
