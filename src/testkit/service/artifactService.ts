// The artifact routes on a real port over a real store and folder, for tests: everything a PUT and a GET pass through.

import { createHash } from 'node:crypto';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { type IncomingMessage, type OutgoingHttpHeaders, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { createDirectoryBackend } from '../../artifacts/directory.js';
import type { SlotLimits } from '../../artifacts/slots.js';
import type { SpaceLimits } from '../../artifacts/uploadSpace.js';
import { type Clock, systemClock } from '../../clock.js';
import type { Failure } from '../../failures/catalog.js';
import type { Address, ArtifactId, Sha256 } from '../../ids.js';
import { createLog } from '../../log.js';
import { createMeter } from '../../metrics/meter.js';
import { systemRandom } from '../../random.js';
import { nothingHere, serviceRoutes } from '../../rpc/http/routes.js';
import { assemble } from '../../service/assemble.js';
import { openStore } from '../../store/environment.js';
import { createListener } from '../../transport/front/createListener.js';
import { createRoutes } from '../../transport/http/routes.js';
import { ScriptedLanes } from '../engine/scriptedLanes.js';
import { sampleArtifactId } from '../sampleIds.js';
import { proof } from '../world/requests.js';
import { ampleSettings, noSignatures } from '../world/world.js';

export const sampleOwner = '7e5f4552091a69125d5dfcb7b8c2659029395bdf' as Address;

export interface HttpReply {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
}

export async function startArtifactService({
  clock = systemClock,
  limitBytes = 4_000_000,
  slots = { size: 4, perOwner: 4, waiting: 4 },
  space = { bytes: 1e9, bytesOfOwner: 1e9 },
}: {
  clock?: Clock;
  limitBytes?: number;
  slots?: SlotLimits;
  space?: SpaceLimits;
} = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'sealed-http-'));
  const store = await openStore(join(folder, 'store'));
  const backend = createDirectoryBackend({ folder, uploads: { threads: 1, concurrent: slots.size } });
  const log = createLog('silent');
  const { uploads, ...settings } = ampleSettings();
  const assembly = await assemble(
    {
      clock,
      random: systemRandom,
      log,
      meter: createMeter(),
      store,
      artifacts: backend,
      scheduling: new ScriptedLanes(),
      signatures: noSignatures,
      admit: () => {},
    },
    { ...settings, uploads: { ...uploads, slots, space, limitBytes: { program: limitBytes, stdin: limitBytes } } },
  );
  const { catalog, capabilities, routeParts } = assembly;
  const state: { refusal: Failure | undefined; serving: boolean; visible: (id: ArtifactId) => boolean } = {
    refusal: undefined,
    serving: true,
    visible: () => true,
  };
  const routes = serviceRoutes({
    ...routeParts,
    refusal: () => state.refusal,
    visible: (id) => (state.visible(id) ? proof : undefined),
    health: () => ({ serving: state.serving, lanes: 1 }),
  });
  const front = createListener({
    methods: [],
    routes: createRoutes({ routes, otherwise: nothingHere, log }),
    maxCallBytes: 1024,
    clock,
    log,
  });
  const { port } = await front.listen({ host: '127.0.0.1', port: 0 });

  return {
    backend,
    catalog,
    store,
    state,
    front,
    port,
    /** A fresh id and the path to PUT it to. */
    capability(kind: 'program' | 'stdin' = 'stdin', owner = sampleOwner): { id: ArtifactId; path: string } {
      const id = sampleArtifactId();
      const expiresAt = clock.now() + 60_000;
      return { id, path: capabilities.mint({ id, kind, private: false, owner, expiresAt }) };
    },
    /** A proof as a lane leaves it, adopted and recorded. Answers its id. */
    async storeProof(bytes: Uint8Array): Promise<ArtifactId> {
      const id = sampleArtifactId();
      const file = { sha256: createHash('sha256').update(bytes).digest('hex') as Sha256, sizeBytes: bytes.byteLength };
      await writeFile(backend.output(id, 'proof').path, bytes);
      await backend.adopt(id, { kind: 'proof', private: false }, file);
      await store.write((tx) =>
        tx.put('artifacts', [id], {
          kind: 'proof',
          owner: sampleOwner,
          private: false,
          ...file,
          storedAt: 0,
          references: ['r'],
        }),
      );
      return id;
    },
    unfinished: () => readdir(join(folder, 'artifacts', 'scratch')),
    send: (method: string, path: string, body?: Uint8Array | Readable, headers: OutgoingHttpHeaders = {}) =>
      send(port, method, path, body, headers),
    async stop() {
      await front.close(0);
      await assembly.stop();
      await backend.close();
      await store.close();
      await rm(folder, { recursive: true });
    },
  };
}

async function send(
  port: number,
  method: string,
  path: string,
  body: Uint8Array | Readable | undefined,
  headers: OutgoingHttpHeaders,
): Promise<HttpReply> {
  const length = body instanceof Uint8Array ? { 'content-length': body.byteLength } : {};
  const outgoing = request({ host: '127.0.0.1', port, method, path, headers: { ...length, ...headers }, agent: false });
  const replied = new Promise<IncomingMessage>((resolve, reject) =>
    outgoing.once('response', resolve).once('error', reject),
  );
  if (body instanceof Readable) body.pipe(outgoing);
  else outgoing.end(body);
  const response = await replied;
  // An upload that was refused early may fail to be written on. Its answer is here already.
  outgoing.on('error', () => undefined);
  return { status: response.statusCode ?? 0, headers: response.headers, text: await text(response) };
}
