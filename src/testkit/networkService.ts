// The SDK's wire on a real port over a scripted world: real gRPC and LMDB, lanes that a test answers by hand, time that it moves.
import { randomBytes } from 'node:crypto';
import { createCapabilities } from '../artifacts/capability.js';
import { createCatalog } from '../artifacts/catalog.js';
import { Gate } from '../gate.js';
import { createLog } from '../log.js';
import { createFront } from '../rpc/front/front.js';
import { createHttp2 } from '../rpc/front/http2Sessions.js';
import { createGrpcServer } from '../rpc/grpc/server.js';
import { createHttpServer } from '../rpc/http/server.js';
import { networkMethods } from '../rpc/network/service.js';
import { createHeldPolls, type HeldPolls } from '../rpc/network/waiting/heldPolls.js';
import { createOutlook } from '../rpc/network/waiting/outlook.js';
import { createWaitLoops } from '../rpc/network/waiting/waitLoops.js';
import { createNonces } from '../rpc/signed/nonces.js';
import { createSignatures } from '../rpc/signed/signatures.js';
import { createWorld, type World } from './world.js';

export interface NetworkService {
  readonly world: World;
  readonly gate: Gate;
  readonly heldPolls: HeldPolls;
  readonly port: number;
  end(): Promise<void>;
}

export async function startNetworkService(): Promise<NetworkService> {
  const world = await createWorld();
  const { clock, store, artifacts, lanes } = world;
  const { registry } = world.system;
  const log = createLog('silent');
  const gate = new Gate();
  const outlook = createOutlook({ registry, clock });
  const heldPolls = createHeldPolls({ registry, gate, outlook, clock, log, holdMs: 10_000 });
  const signatures = createSignatures({ threads: 1 });
  const methods = networkMethods({
    admit: () => {},
    registry,
    scheduling: lanes,
    capabilities: createCapabilities({ key: randomBytes(32), clock }),
    catalog: createCatalog({ store, backend: artifacts, clock }),
    direct: undefined,
    store,
    signatures,
    nonces: createNonces({ store, clock }),
    waitLoops: createWaitLoops(clock),
    heldPolls,
    clock,
    maxProgramsOfOwner: 100,
    publicUrl: undefined,
  });
  const routes = async () => {
    throw new Error('no route is served here');
  };
  const grpc = createGrpcServer({ methods, clock, log, limitBytes: 64 * 1024 });
  const front = createFront({
    http1: createHttpServer({ routes, clock }),
    http2: createHttp2({ grpc, routes, clock }),
    clock,
  });
  const { port } = await front.listen({ host: '127.0.0.1', port: 0 });
  gate.advance('serving');
  return {
    world,
    gate,
    heldPolls,
    port,
    async end() {
      await front.close(0);
      heldPolls.close();
      outlook.close();
      await signatures.close();
      await world.end();
    },
  };
}
