// The composition root: builds the service by hand, in order, and stops it in reverse.
import { randomBytes } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { Admission } from './actors/admission.js';
import { readCapacity } from './actors/lanes/capacity.js';
import { createDispatcher } from './actors/lanes/dispatcherLanes.js';
import type { LaneStatus } from './actors/lanes/scheduling.js';
import type { Registry } from './actors/registry.js';
import { createRetention } from './actors/retention.js';
import { createSystem } from './actors/system.js';
import { boundedCatalog } from './artifacts/boundedCatalog.js';
import { createCapabilities } from './artifacts/capability.js';
import { createCatalog } from './artifacts/catalog.js';
import { createProofIds, type ProofIds } from './artifacts/proofIds.js';
import { createDirectTransfers } from './artifacts/s3/direct.js';
import { Slots } from './artifacts/slots.js';
import { UploadSpace } from './artifacts/uploadSpace.js';
import { openCallers } from './callers.js';
import { systemClock } from './clock.js';
import type { Config } from './config/load.js';
import { fail } from './errors.js';
import { Gate } from './gate.js';
import type { ArtifactId, RequestId } from './ids.js';
import { laneSpecsOf } from './lanes.js';
import { createLog } from './log.js';
import { createFront } from './rpc/front/front.js';
import { createHttp2 } from './rpc/front/http2Sessions.js';
import { createGrpcServer } from './rpc/grpc/server.js';
import { healthMethods } from './rpc/health.js';
import { createRoutes } from './rpc/http/routes.js';
import { createHttpServer } from './rpc/http/server.js';
import { networkMethods } from './rpc/network/service.js';
import { createHeldPolls } from './rpc/network/waiting/heldPolls.js';
import { createOutlook } from './rpc/network/waiting/outlook.js';
import { createWaitLoops } from './rpc/network/waiting/waitLoops.js';
import { createNonces } from './rpc/signed/nonces.js';
import { createSignatures } from './rpc/signed/signatures.js';
import { openStorage } from './storage.js';
import { claimDataFolder } from './store/dataFolder.js';
import { openStore, type Store } from './store/environment.js';
import { openTls } from './tls.js';

export interface Service {
  /** Where clients reach it, for example `http://127.0.0.1:8080`. */
  readonly url: string;
  readonly lanes: () => readonly LaneStatus[];
  /** Called with every change of a lane. Returns the unsubscribe function. */
  onLaneChange(listener: (lane: LaneStatus) => void): () => void;
  /** How many requests were brought back from the disk. */
  readonly restored: number;
  /** Refuses new work, ends calls and lanes within a bound, and resolves when everything is on disk and closed. */
  stop(): Promise<void>;
}

/** One message of the SDK is under 1 KB; a list of ids stays far below too. */
const maxCallBytes = 16 * 1024;
/** Uploads that may wait for their turn. Each holds a connection and what the system has buffered of it. */
const waitingUploads = 256;
/** Housekeeping of nonces and uploads that nobody has referenced, in ms. */
const sweepEveryMs = 60_000;

/** `engine`: path of our engine. Throws DataFolderError, SchemaError, RestoreError, or the system's error for a port in use. */
export async function serve(config: Config, engine: string, environment: NodeJS.ProcessEnv): Promise<Service> {
  const clock = systemClock;
  const log = createLog(config.logLevel);
  const stops: Array<() => unknown> = [];
  /** In reverse order of building; one that fails must not keep the others from being stopped. */
  const stopAll = async () => {
    for (const stop of stops.reverse()) {
      try {
        await stop();
      } catch (error) {
        log.error({ event: 'service.stop_failed', err: error }, 'a part could not be stopped cleanly');
      }
    }
  };
  try {
    return await build();
  } catch (error) {
    await stopAll();
    throw error;
  }

  async function build(): Promise<Service> {
    const gate = new Gate();
    const folder = await claimDataFolder(config.data);
    stops.push(() => folder.release());
    const store = await openStore(join(folder.path, 'store'));
    stops.push(() => store.close());

    const { artifacts, presigning } = await openStorage({ config, folder: folder.path, store, environment, log });
    stops.push(() => artifacts.close());
    const space = new UploadSpace({ bytes: config.uploadSpace, bytesOfOwner: config.uploadSpacePerAddress });
    const catalog = boundedCatalog(createCatalog({ store, backend: artifacts, clock }), store, space);
    const slots = new Slots({ size: config.uploads, perOwner: config.uploadsPerAddress, waiting: waitingUploads });
    const limitBytes = { program: config.maxProgramSize, stdin: config.maxStdinSize };
    const direct =
      presigning &&
      createDirectTransfers({ bucket: presigning, slots, catalog, backend: artifacts, store, clock, log, limitBytes });
    const artifactKey = await artifactKeyOf(store);
    const capabilities = createCapabilities({ key: artifactKey, clock });
    const proofIds = createProofIds(artifactKey);

    // Sockets of engines: their paths must be short, and they are worth nothing after this process.
    const runFolder = await newRunFolder(store);
    stops.push(() => rmSync(runFolder, { recursive: true, force: true }));
    const dispatcher = createDispatcher({
      lanes: laneSpecsOf(config, engine, environment),
      capacity: await readCapacity({ proveLanes: config.cpuProveLanes }),
      runFolder,
      limits: { jobs: config.maxOpenRequests, bytes: Number.POSITIVE_INFINITY },
      clock,
      log,
    });
    stops.push(() => dispatcher.stop());

    const system = createSystem({
      store,
      clock,
      log,
      scheduling: dispatcher,
      admission: new Admission(config.maxActiveRequests),
      artifacts,
      catalog,
      proofIds,
      gate: () => gate.state,
      maxOpen: config.maxOpenRequests,
      maxOpenOfRequester: config.maxOpenRequestsPerAddress,
      proofRetentionMs: config.proofRetention,
    });
    stops.push(() => system.stop());
    const { registry } = system;
    const retention = createRetention({ store, artifacts, registry, clock, log });
    stops.push(() => retention.stop());

    const callers = openCallers(config, { clock, log });
    stops.push(() => callers.close());
    const signatures = createSignatures({ threads: config.signatureThreads });
    stops.push(() => signatures.close());
    const nonces = createNonces({ store, clock });
    const outlook = createOutlook({ registry, clock });
    stops.push(() => outlook.close());
    const heldPolls = createHeldPolls({ registry, gate, outlook, clock, log, holdMs: config.holdPolls });
    stops.push(() => heldPolls.close());
    const dependencies = {
      admit: callers.admit,
      registry,
      scheduling: dispatcher,
      capabilities,
      catalog,
      direct,
      store,
      signatures: callers.among(signatures),
      nonces,
      maxProgramsOfOwner: config.maxProgramsPerAddress,
      waitLoops: createWaitLoops(clock),
      heldPolls,
      clock,
    };
    const grpc = createGrpcServer({
      methods: [...networkMethods({ ...dependencies, publicUrl: config.publicUrl }), ...healthMethods(gate)],
      clock,
      log,
      limitBytes: maxCallBytes,
    });

    const isVisible = (id: ArtifactId) => {
      const owner = catalog.lookup(id)?.references[0] as RequestId | undefined;
      const view = owner === undefined ? undefined : registry.view(owner);
      return view?.state === 'fulfilled' && view.proof.id === id;
    };
    const routes = createRoutes({
      slots,
      capabilities,
      catalog,
      backend: artifacts,
      registry,
      clock,
      log,
      limitBytes,
      refusal: () =>
        gate.state === 'starting' ? fail('STARTING') : gate.state === 'draining' ? fail('DRAINING') : undefined,
      visible: isVisible,
      admit: callers.admit,
      health: () => ({ serving: gate.state === 'serving', state: gate.state, lanes: dispatcher.lanes() }),
    });
    const tls = openTls(config, { clock, log });
    stops.push(() => tls?.close());
    const front = createFront({
      tls,
      http1: createHttpServer({ routes, clock }),
      http2: createHttp2({ grpc, routes, clock }),
      clock,
    });
    // Calls are answered from here on, with UNAVAILABLE until every open request is back.
    const address = await front.listen(config.listen);
    stops.push(() => front.close(config.drainTimeout));

    const restored = system.restore();
    await sweep(true);
    const stopSweeping = every(sweepEveryMs, () => sweep(false));
    stops.push(stopSweeping);
    retention.start();
    dispatcher.start();
    gate.advance('serving');
    stops.push(() => gate.advance('draining'));

    /** Removes what no record knows (at boot only, before anything new arrives), and what nobody came back for. */
    async function sweep(boot: boolean): Promise<void> {
      if (boot) {
        const wanted = openProofIds(store, registry, proofIds);
        await artifacts.sweepScratch((id) => wanted.has(id));
        await catalog.sweepOrphans((id) => wanted.has(id));
      }
      await catalog.sweepUnreferenced();
      await direct?.sweep();
      await nonces.forget();
    }

    function every(ms: number, work: () => Promise<void>): () => void {
      let cancel = () => {};
      const next = () => {
        cancel = clock.wakeAt(clock.now() + ms, () => {
          work().catch((error: unknown) => log.error({ event: 'sweep.failed', err: error }, 'housekeeping failed'));
          next();
        });
      };
      next();
      return () => cancel();
    }

    const host = address.host.includes(':') ? `[${address.host}]` : address.host;
    return {
      url: `${tls === undefined ? 'http' : 'https'}://${host}:${address.port}`,
      lanes: () => dispatcher.lanes(),
      onLaneChange: (listener) => dispatcher.onLaneChange(listener),
      restored,
      stop: stopAll,
    };
  }
}

/** Proofs that open requests have made and may need still, also when a crash came before their record. */
function openProofIds(store: Store, registry: Pick<Registry, 'view'>, proofIds: ProofIds): Set<ArtifactId> {
  const ids = new Set<ArtifactId>();
  for (const { key } of store.scan('openRequests', [])) {
    const tries = registry.view(key[0])?.proveTries ?? 0;
    for (let attempt = 1; attempt <= tries; attempt += 1) ids.add(proofIds(key[0], attempt));
  }
  return ids;
}

/** A folder of this life; that of a life that was killed is removed. Recorded before it is made, so that none is forgotten. */
async function newRunFolder(store: Store): Promise<string> {
  const before = store.get('meta', 'runFolder');
  // Whoever it belonged to had the data folder, which is ours now.
  if (typeof before === 'string' && basename(before).startsWith('sealed-'))
    rmSync(before, { recursive: true, force: true });
  const folder = join(tmpdir(), `sealed-${randomBytes(4).toString('hex')}`);
  await store.write((tx) => tx.put('meta', ['runFolder'], folder));
  // Fails where somebody has put something in its place.
  mkdirSync(folder, { mode: 0o700 });
  return folder;
}

/** The key of upload URLs and proof ids: kept, so that a restart breaks no upload and finds the files of the proofs it had begun. */
async function artifactKeyOf(store: Store): Promise<Uint8Array> {
  return store.write((tx) => {
    const kept = tx.get('meta', 'uploadKey');
    if (kept instanceof Uint8Array) return new Uint8Array(kept);
    const key = new Uint8Array(randomBytes(32));
    tx.put('meta', ['uploadKey'], key);
    return key;
  });
}
