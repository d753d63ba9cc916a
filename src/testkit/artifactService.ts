// The artifact routes on a real port over a real store and folder, for tests: everything a PUT and a GET pass through.
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { type IncomingMessage, type OutgoingHttpHeaders, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { boundedCatalog } from '../artifacts/boundedCatalog.js';
import { createCapabilities } from '../artifacts/capability.js';
import { createCatalog } from '../artifacts/catalog.js';
import { createDirectoryBackend } from '../artifacts/directory.js';
import { type SlotLimits, Slots } from '../artifacts/slots.js';
import { type SpaceLimits, UploadSpace } from '../artifacts/uploadSpace.js';
import { type Clock, systemClock } from '../clock.js';
import type { Failure } from '../errors.js';
import { type Address, type ArtifactId, newArtifactId, type Sha256 } from '../ids.js';
import { createLog } from '../log.js';
import { createFront } from '../rpc/front/front.js';
import { createHttp2 } from '../rpc/front/http2Sessions.js';
import { createGrpcServer } from '../rpc/grpc/server.js';
import { createRoutes } from '../rpc/http/routes.js';
import { createHttpServer } from '../rpc/http/server.js';
import { openStore } from '../store/environment.js';

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
  const catalog = boundedCatalog(createCatalog({ store, backend, clock }), store, new UploadSpace(space));
  const capabilities = createCapabilities({ key: randomBytes(32), clock });
  const state: { refusal: Failure | undefined; serving: boolean; visible: (id: ArtifactId) => boolean } = {
    refusal: undefined,
    serving: true,
    visible: () => true,
  };
  const log = createLog('silent');
  const routes = createRoutes({
    slots: new Slots(slots),
    capabilities,
    catalog,
    backend,
    clock,
    registry: { view: () => undefined, progress: () => undefined },
    log,
    limitBytes: { program: limitBytes, stdin: limitBytes },
    refusal: () => state.refusal,
    visible: (id) => state.visible(id),
    admit: () => {},
    health: () => ({ serving: state.serving, lanes: 1 }),
  });
  const grpc = createGrpcServer({ methods: [], clock, log, limitBytes: 1024 });
  const front = createFront({
    http1: createHttpServer({ routes, clock }),
    http2: createHttp2({ grpc, routes, clock }),
    clock,
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
      const id = newArtifactId();
      const expiresAt = clock.now() + 60_000;
      return { id, path: capabilities.mint({ id, kind, private: false, owner, expiresAt }) };
    },
    /** A proof as a lane leaves it, adopted and recorded; answers its id. */
    async storeProof(bytes: Uint8Array): Promise<ArtifactId> {
      const id = newArtifactId();
      const file = { sha256: createHash('sha256').update(bytes).digest('hex') as Sha256, sizeBytes: bytes.byteLength };
      await writeFile(backend.scratchPath(id), bytes);
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
  // An upload that was refused early may fail to be written on; its answer is here already.
  outgoing.on('error', () => undefined);
  return { status: response.statusCode ?? 0, headers: response.headers, text: await text(response) };
}
