// A service that signs, on real sockets, with scripted lanes: for what its HTTP routes answer.
import type { TestContext } from 'node:test';
import { createLog } from '../../log.js';
import { nothingHere } from '../../rpc/http/routes.js';
import type { Signatures } from '../../rpc/signed/signatures.js';
import type { TeePorts } from '../../service/ports.js';
import { createRoutes } from '../../transport/http/routes.js';
import { sampleProgram } from '../artifacts/sampleArtifacts.js';
import { successOf } from '../engine/scriptedLanes.js';
import { startListener } from '../transport/listenerRig.js';
import { type ScriptedSigner, scriptedSigner } from '../world/scriptedSigner.js';
import { createWorld, type World } from '../world/world.js';

/** What a busy machine may need for a step that takes milliseconds elsewhere. */
const patienceMs = 120_000;

export interface TeeService {
  readonly url: string;
  readonly world: World;
  readonly signer: ScriptedSigner;
  post(path: string, body: string | Uint8Array | ReadableStream, headers?: Record<string, string>): Promise<TextAnswer>;
  /** Resolves when it is so, and nothing else is left to do. */
  until(holds: () => boolean): Promise<void>;
  /** All jobs of lanes succeed, until nothing is left to do. */
  work(): Promise<void>;
}

export interface TextAnswer {
  readonly status: number;
  readonly text: string;
  readonly headers: Headers;
}

export async function startTeeService(
  t: TestContext,
  options: { readonly isOpen: boolean; readonly signatures?: Signatures } = { isOpen: true },
): Promise<TeeService> {
  const signer = scriptedSigner();
  const tee: TeePorts = { signer, voucherKey: new Uint8Array(32).fill(7) };
  const world = await createWorld({ tee, ...options });
  t.after(() => world.end());
  const routes = createRoutes({ routes: world.assembly.routes, otherwise: nothingHere, log: createLog('silent') });
  const { to } = await startListener(t, { routes });
  const url = `http://127.0.0.1:${(to as { port: number }).port}`;
  return {
    url,
    world,
    signer,
    async post(path, body, headers = {}) {
      const stream = body instanceof ReadableStream ? { duplex: 'half' as const } : {};
      const answer = await fetch(`${url}${path}`, { method: 'POST', body: body as never, headers, ...stream });
      return { status: answer.status, text: await answer.text(), headers: answer.headers };
    },
    async until(holds) {
      const startedAt = performance.now();
      while (!holds() && performance.now() - startedAt < patienceMs) await new Promise(setImmediate);
      await world.settle();
      if (!holds()) throw new Error('it has not come to pass');
    },
    async work() {
      await world.settle();
      for (let next = world.lanes.waiting[0]; next !== undefined; next = world.lanes.waiting[0]) {
        next.answer(successOf(next.job));
        await world.settle();
      }
    },
  };
}

/** What the model's example client sends for this ELF: serde's form, in the order of its declaration. */
export const exampleRequest = (elf: Uint8Array = sampleProgram().subarray(8), input = '[244,1,0,0]'): string =>
  `{"elf":[${elf.join(',')}],"stdin":{"buffer":[${input}],"ptr":0,"proofs":[]},"proof_mode":"TEE"}`;
