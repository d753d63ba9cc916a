// A whole request system on a real LMDB and a real artifact folder, with scripted lanes and simulated time. It can die and be born
// again on what it left on disk.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Admission } from '../actors/admission.js';
import type { Scheduling } from '../actors/lanes/scheduling.js';
import type { Submission } from '../actors/registry.js';
import { createSystem, type RequestSystem } from '../actors/system.js';
import { createCatalog } from '../artifacts/catalog.js';
import { createDirectoryBackend } from '../artifacts/directory.js';
import { type ArtifactPaths, createArtifactPaths } from '../artifacts/paths.js';
import type { ArtifactBackend } from '../artifacts/port.js';
import { createProofIds } from '../artifacts/proofIds.js';
import { type Address, newArtifactId, type RequestId, type Sha256, type VkHash } from '../ids.js';
import { createLog } from '../log.js';
import type { RequestView } from '../machines/requestView.js';
import type { JournalEntry } from '../store/buckets.js';
import { openStore, type Store } from '../store/environment.js';
import { type MortalStore, mortalStore } from './mortalStore.js';
import { ScriptedLanes, successOf } from './scriptedLanes.js';
import { SimulatedClock } from './simulatedClock.js';
import { temporaryFolder } from './temporaryFolder.js';

export const requester = '11'.repeat(20) as Address;
export const vkHash = '22'.repeat(32) as VkHash;
const sha256 = '44'.repeat(32) as Sha256;

export interface World {
  readonly clock: SimulatedClock;
  readonly store: Store;
  readonly artifacts: ArtifactBackend;
  /** Where its files lie. */
  readonly paths: ArtifactPaths;
  readonly lanes: ScriptedLanes;
  readonly system: RequestSystem;
  /** Every durable view of this life, in order. */
  readonly seen: RequestView[];
  /** Uploads a stdin (its record and file) and submits it. */
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
  readonly window?: number;
  readonly maxOpen?: number;
  readonly maxOpenOfRequester?: number;
}

export async function createWorld(options: WorldOptions = {}): Promise<World> {
  const folder = temporaryFolder('world');
  const store = await openStore(join(folder, 'store'));
  await store.write((tx) =>
    tx.put('programs', [vkHash], {
      vkHash,
      vk: '00'.repeat(104),
      artifactId: newArtifactId(),
      sha256,
      sizeBytes: 1,
      owner: requester,
      createdAt: 0,
      confirmed: true,
    }),
  );
  const artifacts = createDirectoryBackend({ folder, uploads: { threads: 1, concurrent: 1 } });
  return live(store, artifacts, createArtifactPaths(join(folder, 'artifacts')), new SimulatedClock(), options);
}

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
  const artifacts = { ...backend, adopt: counted(backend.adopt), remove: counted(backend.remove) };
  return { artifacts, pending: () => pending };
}

async function live(
  disk: Store,
  backend: ArtifactBackend,
  paths: ArtifactPaths,
  clock: SimulatedClock,
  options: WorldOptions,
): Promise<World> {
  const store: MortalStore = mortalStore(disk);
  const filing = watched(backend);
  const { artifacts } = filing;
  const lanes = new ScriptedLanes();
  const catalog = createCatalog({ store, backend: artifacts, clock });
  const system = createSystem({
    store,
    clock,
    log: createLog('silent'),
    scheduling: options.scheduling?.(clock) ?? lanes,
    admission: new Admission(options.window ?? 1_000),
    artifacts,
    catalog,
    proofIds: createProofIds(new Uint8Array(32)),
    gate: () => 'serving',
    maxOpen: options.maxOpen ?? 1_000,
    maxOpenOfRequester: options.maxOpenOfRequester ?? 1_000,
    proofRetentionMs: 1_000_000,
  });
  const seen: RequestView[] = [];
  system.registry.onChange((view) => seen.push(view));
  await artifacts.sweepScratch(() => true);
  system.restore();

  async function settle(): Promise<void> {
    // Quiet for several rounds: the end of one operation may begin the next.
    for (let quiet = 0; quiet < 3; ) {
      await clock.settle();
      quiet = store.pending === 0 && filing.pending() === 0 ? quiet + 1 : 0;
    }
  }

  const world: World = {
    clock,
    store,
    artifacts,
    paths,
    lanes,
    system,
    seen,
    settle,
    async submit(changes = {}) {
      const stdinId = changes.stdinId ?? newArtifactId();
      if (store.get('artifacts', stdinId) === undefined && store.get('submissions', requester, stdinId) === undefined) {
        const path = paths.final(stdinId, 'stdin');
        mkdirSync(dirname(path), { recursive: true });
        writeFileSync(path, 'x');
        await store.write((tx) =>
          tx.put('artifacts', [stdinId], {
            kind: 'stdin',
            owner: requester,
            private: true,
            sha256,
            sizeBytes: 1,
            storedAt: 0,
            references: [],
          }),
        );
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
      return live(disk, backend, paths, clock, options);
    },
    async end() {
      await system.stop();
      await artifacts.close();
      await disk.close();
    },
  };
  return world;
}
