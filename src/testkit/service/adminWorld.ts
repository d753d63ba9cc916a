// A scripted world with its admin socket.

import type { NetConnectOpts } from 'node:net';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { createLog } from '../../log.js';
import { systemRandom } from '../../random.js';
import type { AdminDependencies } from '../../rpc/admin/dependencies.js';
import { adminMethods, adminStreams } from '../../rpc/admin/service.js';
import { createWatchers } from '../../rpc/admin/watch/watchers.js';
import { noSuchMethod } from '../../rpc/connect/jsonRoute.js';
import { createUpkeep } from '../../service/upkeep.js';
import { createRoutes } from '../../transport/http/routes.js';
import { temporaryFolder } from '../temporaryFolder.js';
import { startListener } from '../transport/listenerRig.js';
import type { World } from '../world/world.js';

export const adminPartsOf = (world: World): AdminDependencies => ({
  ...world.system,
  feed: world.assembly.feed,
  audit: world.assembly.audit,
  upkeep: createUpkeep({
    ...world,
    ...world.assembly,
    data: world.folder,
    version: '0.0.0',
    log: createLog('silent'),
  }),
  orders: world.assembly.orders,
  underWay: new Map(),
  random: systemRandom,
  watchers: createWatchers(),
  readiness: world.assembly.readiness,
  life: world.assembly.life,
  network: world.assembly.network,
  scheduling: world.lanes,
  clock: world.clock,
  version: '0.0.0',
  started: { at: world.clock.now(), steady: world.clock.steady() },
  disk: async () => ({ freeBytes: 40, sizeBytes: 100 }),
  residentBytes: () => 1_000_000,
  tokenKey: new Uint8Array(32),
});

/** Answers what a client connects to. */
export async function startAdmin(
  t: Pick<TestContext, 'after'>,
  world: World,
  changes: Partial<AdminDependencies> = {},
): Promise<NetConnectOpts> {
  const log = createLog('silent');
  const parts = { ...adminPartsOf(world), ...changes };
  const spoken = adminMethods(parts);
  const streams = adminStreams(parts, { log, random: systemRandom });
  const limitBytes = 64 * 1024;
  const routes = spoken.map((each) => each.route({ clock: world.clock, log, random: systemRandom, limitBytes }));
  const { to } = await startListener(
    t,
    {
      methods: [...spoken.map(({ method }) => method), ...streams.methods],
      routes: createRoutes({ routes: [...routes, ...streams.routes], otherwise: noSuchMethod, log }),
      maxCallBytes: limitBytes,
    },
    { socketPath: join(temporaryFolder('admin'), 'admin.sock') },
  );
  return to;
}
