// What is removed, and what must stay: at a start what no record knows, later what was uploaded and never asked for again.
import type { Catalog } from '../artifacts/catalog.js';
import type { ArtifactBackend } from '../artifacts/port.js';
import type { ProofIds } from '../artifacts/proofIds.js';
import type { DirectTransfers } from '../artifacts/s3/presignedTransfers.js';
import type { Clock } from '../clock.js';
import type { Feed } from '../feed/feed.js';
import type { ArtifactId } from '../ids.js';
import type { Log } from '../log.js';
import type { Registry } from '../requests/registry.js';
import type { Nonces } from '../rpc/signed/nonces.js';
import type { Store } from '../store/environment.js';
import type { Gate } from './gate.js';

/** Of nonces, of uploads that nothing has referenced, and of what the feed has too much (ms). */
const sweepEveryMs = 60_000;

export interface Housekeeping {
  /** Before anything new arrives: scratch files and orphans go, but for the proofs that open requests have made. Then the usual. */
  begin(): Promise<void>;
  stop(): void;
}

export interface HousekeepingParameters {
  readonly clock: Clock;
  readonly log: Log;
  readonly gate: Pick<Gate, 'state'>;
  readonly store: Store;
  readonly artifacts: ArtifactBackend;
  readonly catalog: Catalog;
  readonly direct: DirectTransfers | undefined;
  readonly nonces: Nonces;
  readonly registry: Pick<Registry, 'view'>;
  readonly proofIds: ProofIds;
  readonly feed: Pick<Feed, 'trim'>;
}

export function createHousekeeping(parameters: HousekeepingParameters): Housekeeping {
  const { clock, log, gate, artifacts, catalog, direct, nonces, feed } = parameters;
  let cancel = () => {};

  async function sweep(): Promise<void> {
    await catalog.sweepUnreferenced();
    await direct?.sweep();
    await nonces.forget();
    await feed.trim();
  }

  const next = () => {
    cancel = clock.wakeIn(sweepEveryMs, () => {
      sweep().catch((error: unknown) => {
        // A stop closes the store under a sweep; the next start sweeps first.
        if (gate.state !== 'draining') log.error({ event: 'sweep.failed', err: error }, 'housekeeping failed');
      });
      next();
    });
  };

  return {
    async begin() {
      const wanted = openProofIds(parameters);
      await artifacts.sweepScratch((id) => wanted.has(id));
      await catalog.sweepOrphans((id) => wanted.has(id));
      await sweep();
      next();
    },
    stop: () => cancel(),
  };
}

/** Proofs that open requests have made and may need still, also when a crash came before their record. */
export function openProofIds({
  store,
  registry,
  proofIds,
}: Pick<HousekeepingParameters, 'store' | 'registry' | 'proofIds'>): Set<ArtifactId> {
  const ids = new Set<ArtifactId>();
  for (const { key } of store.scan('openRequests', [])) {
    const { prove = 0, execute = 0 } = registry.view(key[0])?.tries ?? {};
    for (let attempt = 1; attempt <= prove; attempt += 1) ids.add(proofIds(key[0], attempt));
    for (let attempt = 1; attempt <= execute; attempt += 1) ids.add(proofIds(key[0], attempt, 'public values'));
  }
  return ids;
}
