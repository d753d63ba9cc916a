// The one composition: ports and settings in, the parts of the service out. It opens nothing itself; `main.ts` brings real ports and
// listens, and tests bring others.
import { type BrowseArtifacts, createBrowseArtifacts } from '../artifacts/browse.js';
import { type Capabilities, createCapabilities } from '../artifacts/capability.js';
import { type Catalog, createCatalog } from '../artifacts/catalog.js';
import { createProofIds } from '../artifacts/proofIds.js';
import { quotaCatalog } from '../artifacts/quotaCatalog.js';
import { createDirectTransfers } from '../artifacts/s3/presignedTransfers.js';
import { Slots } from '../artifacts/slots.js';
import { UploadSpace } from '../artifacts/uploadSpace.js';
import { createRecords } from '../durable/records.js';
import { fail } from '../failures/fail.js';
import { sentenceOf } from '../failures/sentenceOf.js';
import type { Feed } from '../feed/feed.js';
import { noteLanes } from '../feed/noteLanes.js';
import type { LaneStatus, Scheduling } from '../lanes/scheduling.js';
import { needsProgram } from '../machines/request/view.js';
import type { Minutes } from '../metrics/minutes.js';
import { createNetworkMetrics } from '../metrics/networkMetrics.js';
import { registerUploadMetrics } from '../metrics/uploadMetrics.js';
import { deliveryRecords } from '../network/deliveryRecords.js';
import { createNetwork, type Network, type NetworkParameters } from '../network/network.js';
import type { Audit } from '../operations/audit.js';
import { createOrders, type Orders } from '../operations/orders.js';
import { type BrowsePrograms, createBrowsePrograms } from '../programs/browse.js';
import { Admission } from '../requests/admission.js';
import { requestRecords } from '../requests/forget.js';
import { proofVisibility } from '../requests/proofVisibility.js';
import type { Registry } from '../requests/registry.js';
import { createRetention } from '../requests/retention.js';
import { createSystem, type RequestSystem } from '../requests/system.js';
import { healthMethods } from '../rpc/health.js';
import type { Health } from '../rpc/http/getHealth.js';
import { type ServiceRouteDependencies, serviceRoutes } from '../rpc/http/routes.js';
import { registerFetched } from '../rpc/network/createProgram.js';
import { readNetworkRequest } from '../rpc/network/provable.js';
import { frontMethods } from '../rpc/network/service.js';
import { createArtifactOrigin } from '../rpc/sdk/artifactOrigin.js';
import type { SdkDependencies } from '../rpc/sdk/dependencies.js';
import { createHeldPolls, type HeldPolls } from '../rpc/sdk/polls/heldPolls.js';
import { createOutlook } from '../rpc/sdk/polls/outlook.js';
import { sdkMethods } from '../rpc/sdk/service.js';
import { createNonces } from '../rpc/signed/nonces.js';
import { createEnds, type Ends } from '../rpc/tee/ends.js';
import { createIdempotency } from '../rpc/tee/idempotency.js';
import { modelRoutes } from '../rpc/tee/routes.js';
import { noSigner } from '../tee/noSigner.js';
import { createVouchers } from '../tee/vouchers.js';
import type { Method } from '../transport/grpc/call.js';
import type { Route } from '../transport/http/routes.js';
import { type Collection, createCollection } from './collection.js';
import { follow } from './follow.js';
import { Gate } from './gate.js';
import { createHousekeeping } from './housekeeping.js';
import { artifactKeyOf } from './keys.js';
import { createLanePrograms, type LanePrograms } from './lanePrograms.js';
import { Lifecycle } from './lifecycle.js';
import { measure } from './measure.js';
import { openRecords } from './openRecords.js';
import type { Ports } from './ports.js';
import { createProgramRemoval, type ProgramRemoval } from './programRemoval.js';
import { createReadiness, type Readiness } from './readiness.js';
import type { Settings } from './settings.js';

export interface Assembly {
  readonly gate: Gate;
  readonly readiness: Readiness;
  readonly system: RequestSystem;
  /** Undefined where the service is a network of its own. */
  readonly network: Network | undefined;
  /** How often the service was started with this data folder. */
  readonly life: number;
  readonly feed: Feed;
  readonly audit: Audit;
  readonly orders: Orders;
  /** How it went lately. */
  readonly minutes: Minutes;
  readonly catalog: Catalog;
  readonly capabilities: Capabilities;
  /** What operators see of stored bytes and of programs. */
  readonly browseArtifacts: BrowseArtifacts;
  readonly browsePrograms: BrowsePrograms;
  readonly programRemoval: ProgramRemoval;
  readonly lanePrograms: LanePrograms;
  readonly collection: Collection;
  readonly heldPolls: HeldPolls;
  /** The calls and the HTTP routes that are served. */
  readonly methods: readonly Method[];
  readonly routes: readonly Route[];
  /** Who waits for the end of a request by HTTP. */
  readonly ends: Pick<Ends, 'waiting'>;
  /** What the routes are made of, for tests that serve others beside them. */
  readonly routeParts: ServiceRouteDependencies;
  /** Brings open requests back and cleans up. Calls are refused as STARTING until `serve`. Answers how many requests came back. */
  restore(): Promise<number>;
  /** From here on calls are served. */
  serve(): void;
  /** Stops all parts; resolves when all that was decided is on disk. The ports stay open. */
  stop(): Promise<void>;
}

export async function assemble(ports: Ports, settings: Settings): Promise<Assembly> {
  const { clock, log, store, artifacts, scheduling, admit } = ports;
  const lifecycle = new Lifecycle(log);
  const gate = new Gate();
  const storage = await assembleStorage(ports, settings);
  const { catalog, proofIds } = storage;
  const readiness = createReadiness({ gate, scheduling, log });
  lifecycle.onStop(() => readiness.close());

  const signer = ports.tee?.signer ?? noSigner;
  const { maxActive, ...limits } = settings.requests;
  const records = await assembleFeed(ports, settings, lifecycle);
  const { feed } = records;
  const following = follow(ports, lifecycle, () => system);
  const system: RequestSystem = createSystem({
    ...ports,
    ...limits,
    signer,
    vouchers: createVouchers(ports.tee?.voucherKey ?? ports.random.bytes(32)),
    maxPublicValuesBytes: settings.tee.maxPublicValuesBytes,
    isSignedFor: ports.tee?.isSignedFor ?? (() => true),
    admission: new Admission(maxActive),
    catalog,
    proofIds,
    ...records,
    onTransition: following.note,
    gate: () => gate.state,
  });
  lifecycle.onStop(() => system.stop());
  const { registry } = system;
  const expiry = assembleExpiry(ports, settings, registry, lifecycle);

  const nonces = createNonces({ store, clock });
  const { takeProof } = system;
  const network = await assembleNetwork(ports, settings, { catalog, registry, takeProof, ...records });
  if (network !== undefined) lifecycle.onStop(() => network.stop());
  const { heldPolls, methods } = assembleWire(ports, settings, {
    ...storage,
    gate,
    registry,
    nonces,
    lifecycle,
    network,
  });
  const measuring = measure(ports, { system, readiness, feed, heldPolls, network, lifecycle });
  const housekeeping = createHousekeeping({ ...ports, ...storage, gate, nonces, registry, feed });
  lifecycle.onStop(() => housekeeping.stop());
  lifecycle.onStop(() => gate.advance('draining'));

  const routeParts: ServiceRouteDependencies = {
    ...storage,
    backend: artifacts,
    registry,
    signer,
    clock,
    log,
    limitBytes: settings.uploads.limitBytes,
    onStored: network?.programUploads.pushStored,
    refusal: () =>
      gate.state === 'starting' ? fail('STARTING') : gate.state === 'draining' ? fail('DRAINING') : undefined,
    visible: proofVisibility(catalog, registry),
    admit,
    health: () => ({
      ...healthOf(readiness, scheduling.lanes(), network),
      ...(ports.tee?.health && { tee: ports.tee.health() }),
    }),
  };

  const ends = createEnds(registry);
  lifecycle.onStop(() => ends.close());
  const teeParts = { ...routeParts, registry, catalog, signer, backend: artifacts, renew: system.renew };

  return {
    gate,
    readiness,
    system,
    network,
    ...records,
    minutes: following.minutes,
    catalog,
    capabilities: storage.capabilities,
    browseArtifacts: storage.browseArtifacts,
    browsePrograms: createBrowsePrograms({ store, clock }),
    programRemoval: createProgramRemoval({
      ...ports,
      ...records,
      catalog,
      naming: (vkHash) =>
        system.decidedViews().filter((view) => needsProgram(view, vkHash)).length + (network?.naming(vkHash) ?? 0),
    }),
    lanePrograms: createLanePrograms({ ...ports, ...records }),
    collection: createCollection({ ...ports, ...storage, ...records, views: system.decidedViews }),
    heldPolls,
    methods: [...methods, ...healthMethods(readiness)],
    routes: [
      ...serviceRoutes(routeParts),
      ...(ports.tee === undefined ? [] : teeRoutes(ports, settings, { ...teeParts, ends })),
    ],
    ends,
    routeParts,
    async restore() {
      const restored = measuring.restoring(() => system.restore());
      network?.restore();
      await housekeeping.begin();
      return restored;
    },
    serve() {
      expiry.start();
      gate.advance('serving');
      network?.start();
    },
    stop: () => lifecycle.stop(),
  };
}

/** What signs for executions, by HTTP. */
function teeRoutes(
  { store, scheduling, random, signatures }: Ports,
  settings: Settings,
  parts: Omit<
    Parameters<typeof modelRoutes>[0],
    keyof Settings['tee'] | 'idempotency' | 'scheduling' | 'random' | 'signatures'
  > & { readonly registry: RequestSystem['registry'] },
): readonly Route[] {
  const idempotency = createIdempotency({ store, registry: parts.registry });
  return modelRoutes({ ...parts, ...settings.tee, idempotency, scheduling, random, signatures });
}

/** What happens from now on has a number. */
async function assembleFeed(ports: Ports, settings: Settings, lifecycle: Lifecycle) {
  const { store, clock } = ports;
  const records = ports.records ?? (await openRecords(ports, settings.feed.retention));
  const { feed, audit } = records;
  lifecycle.onStop(noteLanes({ ...ports, feed }));
  return { ...records, orders: obeyed(createOrders({ store, audit, clock }), ports.scheduling) };
}

/** What operators have ordered holds before any lane starts. */
function obeyed(orders: Orders, scheduling: Scheduling): Orders {
  scheduling.obey({
    mayGrant: (lane) => orders.of('dispatch') === undefined && orders.of(`lane.${lane}`) === undefined,
    mayStart: (lane) => orders.of(`lane.${lane}`)?.what !== 'stopped',
  });
  orders.onChange(() => scheduling.reconsider());
  return orders;
}

/** What goes when its time is over: proofs first, records later. */
function assembleExpiry(ports: Ports, { requests }: Settings, registry: Registry, lifecycle: Lifecycle) {
  const retention = createRetention({ ...ports, registry });
  const kinds = [requestRecords({ ...ports, registry }), deliveryRecords(ports.store)];
  const records = createRecords({ ...ports, kinds, retentionMs: requests.recordRetentionMs });
  const both = [retention, records];
  for (const each of both) lifecycle.onStop(() => each.stop());
  return {
    start() {
      for (const each of both) each.start();
    },
  };
}

/** Where artifacts go, under which names, and how many at once. */
async function assembleStorage(ports: Ports, { uploads }: Settings) {
  const { clock, log, random, store, meter, artifacts, presigning } = ports;
  const space = new UploadSpace(uploads.space);
  const catalog = quotaCatalog(createCatalog({ store, backend: artifacts, clock }), store, space);
  const slots = new Slots(uploads.slots);
  const { limitBytes } = uploads;
  const direct =
    presigning &&
    createDirectTransfers({ bucket: presigning, slots, catalog, backend: artifacts, store, clock, log, limitBytes });
  const key = await artifactKeyOf(store, random);
  const capabilities = createCapabilities({ key, clock });
  registerUploadMetrics(meter, { slots, space, catalog });
  const browseArtifacts = createBrowseArtifacts({ store, backend: artifacts, space, clock });
  return { catalog, slots, direct, capabilities, browseArtifacts, proofIds: createProofIds(key) };
}

/** The SDK's wire over the registry. */
function assembleWire(
  ports: Ports,
  settings: Settings,
  parts: Pick<SdkDependencies, 'catalog' | 'capabilities' | 'direct' | 'registry' | 'nonces'> & {
    gate: Gate;
    lifecycle: Lifecycle;
    network: Network | undefined;
  },
) {
  const { clock, log } = ports;
  const { gate, lifecycle, registry } = parts;
  const outlook = createOutlook({ registry, clock });
  lifecycle.onStop(() => outlook.close());
  const heldPolls = createHeldPolls({ registry, gate, outlook, clock, log, holdMs: settings.polls.holdMs });
  lifecycle.onStop(() => heldPolls.close());
  const dependencies: SdkDependencies = {
    ...ports,
    ...parts,
    heldPolls,
    maxProgramsOfOwner: settings.programs.maxOfOwner,
    artifactOrigin: createArtifactOrigin({ publicUrl: settings.publicUrl, log }),
  };
  const { network } = parts;
  const methods =
    network === undefined
      ? sdkMethods(dependencies)
      : frontMethods({ ...dependencies, network, artifacts: ports.artifacts, log });
  return { heldPolls, methods };
}

/** Undefined where the service is a network of its own. Throws a NetworkChangedError. */
async function assembleNetwork(
  ports: Ports,
  { publicUrl, network: settings, programs, uploads: { limitBytes } }: Settings,
  parts: Pick<NetworkParameters, 'catalog' | 'registry' | 'takeProof' | 'feed' | 'audit' | 'life'>,
): Promise<Network | undefined> {
  if (ports.network === undefined) return undefined;
  if (publicUrl === undefined) throw new Error('network mode needs a public URL');
  const dependencies = { ...ports, ...parts, maxProgramsOfOwner: programs.maxOfOwner };
  return createNetwork({
    ...ports,
    ...ports.network,
    ...parts,
    publicUrl,
    settings,
    limitBytes,
    watch: createNetworkMetrics(ports.meter),
    readSubmission: readNetworkRequest(dependencies),
    register: registerFetched(dependencies),
  });
}

function healthOf({ state, outage }: Readiness, lanes: readonly LaneStatus[], network: Network | undefined): Health {
  const serving = state === 'serving' && outage === undefined;
  return {
    serving,
    state,
    ...(outage && { reason: sentenceOf(outage) }),
    lanes,
    ...(network && { network: network.health() }),
  };
}
