// The SDK's wire on a real port over a scripted world: real gRPC and LMDB, lanes that a test answers by hand, time that it moves.
import { createLog } from '../../log.js';
import { nothingHere } from '../../rpc/http/routes.js';
import type { HeldPolls } from '../../rpc/sdk/polls/heldPolls.js';
import { createSignatures } from '../../rpc/signed/signatures.js';
import type { Gate } from '../../service/gate.js';
import { createListener } from '../../transport/front/createListener.js';
import { createRoutes } from '../../transport/http/routes.js';
import { createWorld, type World } from '../world/world.js';

export interface SdkWire {
  readonly world: World;
  readonly gate: Gate;
  readonly heldPolls: HeldPolls;
  readonly port: number;
  end(): Promise<void>;
}

export async function startSdkWire(): Promise<SdkWire> {
  const signatures = createSignatures({ threads: 1 });
  const world = await createWorld({ signatures });
  const { gate, methods, routes, heldPolls } = world.assembly;
  const { clock } = world;
  const log = createLog('silent');
  const front = createListener({
    methods,
    routes: createRoutes({ routes, otherwise: nothingHere, log }),
    maxCallBytes: 64 * 1024,
    clock,
    log,
  });
  const { port } = await front.listen({ host: '127.0.0.1', port: 0 });
  return {
    world,
    gate,
    heldPolls,
    port,
    async end() {
      await front.close(0);
      await world.end();
      await signatures.close();
    },
  };
}
