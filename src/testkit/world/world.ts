// A whole request system on a real LMDB and a real artifact folder, with scripted lanes and simulated time. It can die and be born
// again on what it left on disk.

import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { createDirectoryBackend } from '../../artifacts/directory.js';
import type { ArtifactBackend } from '../../artifacts/port.js';
import { fail } from '../../failures/fail.js';
import { FailureError } from '../../failures/failureError.js';
import type { Address, ArtifactId, RequestId, Sha256, VkHash } from '../../ids.js';
import type { Scheduling } from '../../lanes/scheduling.js';
import { createLog, type Log } from '../../log.js';
import type { RequestView } from '../../machines/request/view.js';
import type { JobMetrics } from '../../metrics/jobMetrics.js';
import { createMeter, type Meter } from '../../metrics/meter.js';
import type { NetworkPorts, NetworkSettings } from '../../network/network.js';
import { systemRandom } from '../../random.js';
import type { Submission } from '../../requests/registry.js';
import type { RequestSystem } from '../../requests/system.js';
import type { Signatures } from '../../rpc/signed/signatures.js';
import { type Assembly, assemble } from '../../service/assemble.js';
import type { TeePorts } from '../../service/ports.js';
import type { Settings } from '../../service/settings.js';
import type { JournalEntry } from '../../store/buckets.js';
import { createStore, openStore, type Store } from '../../store/environment.js';
import type { Pages } from '../../store/pages.js';
import { createLayout, type Layout } from '../../storedBytes/layout.js';
import type { Collector } from '../../traces/collector.js';
import { ScriptedLanes, scriptedVkHash, successOf } from '../engine/scriptedLanes.js';
import { sampleArtifactId } from '../sampleIds.js';
import { temporaryFolder } from '../temporaryFolder.js';
import { type MortalStore, mortalStore } from './mortalStore.js';
import { createRandomSigner } from './randomSigner.js';
import { SimulatedClock } from './simulatedClock.js';

export const requester = '11'.repeat(20) as Address;
export const vkHash = '22'.repeat(32) as VkHash;
const sha256 = '44'.repeat(32) as Sha256;

/** A key that always signs, and a voucher key that outlives its process: what a sealing key of an enclave would be. */
export const sealedTee = (): TeePorts => ({
  signer: createRandomSigner(systemRandom),
  voucherKey: new Uint8Array(32).fill(7),
});

export interface World {
  readonly clock: SimulatedClock;
  /** Of this life. */
  readonly meter: Meter;
  readonly store: Store;
  readonly artifacts: ArtifactBackend;
  /** Its data folder. */
  readonly folder: string;
  /** Where its files lie. */
  readonly layout: Layout;
  readonly lanes: ScriptedLanes;
  readonly assembly: Assembly;
  readonly system: RequestSystem;
  /** Every durable view of this life, in order. */
  readonly seen: RequestView[];
  /** A stdin's record and file, as an upload leaves them. */
  upload(stdinId: ArtifactId, owner: Address, bytes: string): Promise<void>;
  /** Uploads a stdin and submits it. */
  submit(changes?: Partial<Submission>): Promise<RequestId>;
  /** Its job gets its lane at once, and succeeds after so many ms. */
  endStage(requestId: RequestId, afterMs?: number): Promise<void>;
  /** Submits a request and brings it to its proof, of which the proving takes so many ms. */
  prove(provingMs: number): Promise<void>;
  journal(requestId: RequestId): JournalEntry[];
  /** Resolves when nothing is left to happen without a lane, a clock or a caller. */
  settle(): Promise<void>;
  /** kill -9, then a new life on the same disk. */
  reborn(): Promise<World>;
  end(): Promise<void>;
}

interface WorldOptions {
  /** In place of the scripted lanes. */
  readonly scheduling?: (clock: SimulatedClock) => Scheduling;
  /** In place of LMDB. */
  readonly pages?: Pages;
  /** Of signed calls. Without them every signature is refused. */
  readonly signatures?: Signatures;
  /** Who signs in mode tee, in every life. */
  readonly tee?: TeePorts;
  /** Of each life. Then it is a front of the network at `publicUrl`. */
  readonly network?: (clock: SimulatedClock) => NetworkPorts;
  readonly publicUrl?: string;
  /** Takes the traces of each life. */
  readonly collector?: Collector;
  readonly jobs?: Pick<JobMetrics, 'ended'>;
  /** In place of none. */
  readonly log?: Log;
  readonly networkSettings?: Partial<NetworkSettings> | undefined;
  /** Whether its HTTP routes take calls that name no address. */
  readonly isOpen?: boolean;
  readonly window?: number;
  readonly feedRetention?: number;
  /** Without it records stay. */
  readonly recordRetentionMs?: number;
  readonly holdFailedMs?: number;
  readonly maxOpen?: number;
  readonly maxOpenOfRequester?: number;
}

export async function createWorld(options: WorldOptions = {}): Promise<World> {
  const folder = temporaryFolder('world');
  const store = await (options.pages ? createStore(options.pages) : openStore(join(folder, 'store')));
  await store.write((tx) => {
    // Proof ids are made of it: the same in every world.
    tx.put('meta', ['uploadKey'], new Uint8Array(32));
    // The second is what scripted lanes set every program up to.
    for (const known of [vkHash, scriptedVkHash])
      tx.put('programs', [known], {
        vkHash: known,
        vk: '00'.repeat(104),
        artifactId: sampleArtifactId(),
        sha256,
        sizeBytes: 1,
        owner: requester,
        createdAt: 0,
        confirmed: true,
      });
  });
  const artifacts = createDirectoryBackend({ folder, uploads: { threads: 1, concurrent: 1 } });
  return live({ store, folder }, artifacts, createLayout(join(folder, 'artifacts')), new SimulatedClock(), options);
}

export const noSignatures: Signatures = {
  recover: () => Promise.reject(new FailureError(fail('SIGNATURE_INVALID'))),
  close: async () => {},
};

/** Limits that no test meets unless it asks for one. */
export const ampleSettings = ({
  window,
  maxOpen,
  maxOpenOfRequester,
  isOpen,
  feedRetention,
  recordRetentionMs,
  holdFailedMs,
  publicUrl,
  networkSettings,
}: WorldOptions = {}): Settings => ({
  publicUrl,
  requests: {
    maxOpen: maxOpen ?? 1_000,
    maxOpenOfRequester: maxOpenOfRequester ?? 1_000,
    maxActive: window ?? 1_000,
    proofRetentionMs: 1_000_000,
    holdFailedMs: holdFailedMs ?? 0,
    recordRetentionMs,
  },
  uploads: {
    slots: { size: 4, perOwner: 4, waiting: 4 },
    space: { bytes: 1e12, bytesOfOwner: 1e12 },
    limitBytes: { program: 4_000_000, stdin: 4_000_000 },
  },
  programs: { maxOfOwner: 100 },
  tee: { maxPublicValuesBytes: 1_000_000, isOpen: isOpen ?? true, hasSecondFactor: true },
  polls: { holdMs: 2_000 },
  feed: { retention: feedRetention ?? 1_000_000 },
  network: {
    deliver: 'proof',
    undelivered: 'release',
    reportExecutions: 'off',
    lateGraceMs: 600_000,
    deadlineMarginMs: 30_000,
    serveProofs: 'here',
    programUploads: 'here',
    adopt: 'known',
    hosts: [],
    forget: false,
    ...networkSettings,
  },
});

/** Counts the operations that files are busy with. */
function watched(backend: ArtifactBackend): { artifacts: ArtifactBackend; pending: () => number } {
  let pending = 0;
  const counted =
    <A extends unknown[], T>(work: (...args: A) => Promise<T>) =>
    (...args: A) => {
      pending += 1;
      return work(...args).finally(() => {
        pending -= 1;
      });
    };
  const { adopt, put, read, remove } = backend;
  // Read to its end at once: a stream would be read in no simulated time.
  const open: ArtifactBackend['open'] = async (...of) => Readable.from([await buffer(await backend.open(...of))]);
  const artifacts = {
    ...backend,
    adopt: counted(adopt),
    open: counted(open),
    put: counted(put),
    read: counted(read),
    remove: counted(remove),
  };
  return { artifacts, pending: () => pending };
}

const uploadTo =
  (store: Store, layout: Layout): World['upload'] =>
  async (stdinId, owner, bytes) => {
    const { path } = layout.final(stdinId, 'stdin');
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, bytes);
    const { byteLength: sizeBytes } = Buffer.from(bytes);
    const digest = createHash('sha256').update(bytes).digest('hex') as Sha256;
    const record = {
      kind: 'stdin',
      owner,
      private: true,
      sha256: digest,
      sizeBytes,
      storedAt: 0,
      references: [],
    } as const;
    await store.write((tx) => tx.put('artifacts', [stdinId], record));
  };

async function live(
  on: { readonly store: Store; readonly folder: string },
  backend: ArtifactBackend,
  layout: Layout,
  clock: SimulatedClock,
  options: WorldOptions,
): Promise<World> {
  const { store: disk, folder } = on;
  const store: MortalStore = mortalStore(disk);
  const filing = watched(backend);
  const { artifacts } = filing;
  const lanes = new ScriptedLanes();
  const meter = createMeter();
  const assembly = await assemble(
    {
      clock,
      random: systemRandom,
      log: options.log ?? createLog('silent'),
      collector: options.collector,
      jobs: options.jobs,
      meter,
      store,
      artifacts,
      scheduling: options.scheduling?.(clock) ?? lanes,
      tee: options.tee,
      signatures: options.signatures ?? noSignatures,
      ...(options.network && { network: options.network(clock) }),
      admit: () => {},
    },
    ampleSettings(options),
  );
  const { system, catalog } = assembly;
  const seen: RequestView[] = [];
  system.registry.onChange((view) => seen.push(view));
  // Without housekeeping: worlds lay files down that no record knows, and move time by days.
  await artifacts.sweepScratch(() => true);
  system.restore();
  assembly.network?.restore();
  assembly.gate.advance('serving');
  assembly.network?.start();

  async function settle(): Promise<void> {
    // Quiet for several rounds: the end of one operation may begin the next.
    for (let quiet = 0; quiet < 3; ) {
      await clock.settle();
      quiet = store.pending === 0 && filing.pending() === 0 ? quiet + 1 : 0;
    }
  }

  const world: World = {
    clock,
    meter,
    store,
    artifacts,
    folder,
    layout,
    lanes,
    assembly,
    system,
    seen,
    settle,
    upload: uploadTo(store, layout),
    async submit(changes = {}) {
      const stdinId = changes.stdinId ?? sampleArtifactId();
      if (store.get('artifacts', stdinId) === undefined && store.get('requestOfStdin', stdinId) === undefined) {
        await world.upload(stdinId, requester, 'x');
      }
      const submission: Submission = {
        requester,
        flavour: 'base',
        vkHash,
        version: 'sp1-v6.1.0',
        mode: 'core',
        strategy: 2,
        stdinId,
        stdinPrivate: true,
        deadlineAt: clock.now() + 100_000_000,
        cycleLimit: '1000',
        gasLimit: '1000',
        minAuctionPeriod: '0',
        whitelist: [],
        ...changes,
      };
      return system.registry.submit(submission, {
        stdin: () => ({ id: stdinId, sha256, sizeBytes: 1 }),
        alsoWrite: (tx, requestId) => catalog.reference(tx, stdinId, requestId),
      });
    },
    async endStage(requestId, afterMs = 0) {
      const entry = lanes.waiting.find(({ job }) => job.requestId === requestId);
      if (entry === undefined) throw new Error(`${requestId} has no job`);
      entry.grant();
      await settle();
      await clock.advance(afterMs);
      entry.answer(successOf(entry.job));
      await settle();
    },
    async prove(provingMs) {
      const requestId = await world.submit();
      await settle();
      for (const stageMs of [0, provingMs, 0]) await world.endStage(requestId, stageMs);
      if (system.registry.view(requestId)?.state !== 'fulfilled') throw new Error(`${requestId} has no proof`);
    },
    journal: (requestId) =>
      [...disk.scan('journal', [requestId])].map(({ key, value }, index) => {
        if (key[1] !== index) throw new Error(`journal of ${requestId} has ${key[1]} in place ${index}`);
        return value;
      }),
    async reborn() {
      store.die();
      return live(on, backend, layout, clock, options);
    },
    async end() {
      await assembly.stop();
      await artifacts.close();
      await disk.close();
    },
  };
  return world;
}
