// The upkeep of this service, as its operators ask for it: backups and checks of its data folder, the level of its log.
import { join } from 'node:path';
import type { Clock } from '../clock.js';
import { fail } from '../failures/fail.js';
import { FailureError } from '../failures/failureError.js';
import type { Log } from '../log.js';
import type { UpkeepState } from '../metrics/upkeepMetrics.js';
import type { AuditWriter } from '../operations/audit.js';
import type { Upkeep } from '../rpc/admin/upkeep/upkeep.js';
import type { Store } from '../store/environment.js';
import { createLayout } from '../storedBytes/layout.js';
import { checkData } from './backup/checkData.js';
import type { SourceBucket } from './backup/fromBucket.js';
import { makeBackup } from './backup/makeBackup.js';
import { BackupError } from './backup/manifest.js';
import { verifyArtifacts } from './backup/verifyArtifacts.js';

export interface UpkeepParameters {
  /** The data folder. */
  readonly data: string;
  readonly store: Store;
  /** Where artifacts are kept. Absent: in the data folder alone. */
  readonly bucket?: SourceBucket | undefined;
  readonly feed: { readonly newest: number };
  readonly audit: AuditWriter;
  readonly version: string;
  readonly drainTimeoutMs: number;
  readonly stopService: () => void;
  readonly clock: Clock;
  readonly log: Log;
}

/** When the last one was begun: tells its age after a restart, too. */
const lastBackup = 'lastBackup';

export function createUpkeep(parameters: UpkeepParameters): Upkeep & UpkeepState & { close(): void } {
  const { data, store, audit, drainTimeoutMs, stopService, clock, log } = parameters;
  const configured = log.level;
  let cancelRevert = () => {};
  let problems: number | undefined;
  let isVerifying = false;
  const closing = new AbortController();

  return {
    get lastBackupAt() {
      const at = store.get('meta', lastBackup);
      return typeof at === 'number' ? at : undefined;
    },
    get problems() {
      return problems;
    },
    get logLevel() {
      return log.level;
    },

    async backup(to) {
      try {
        const at = clock.now();
        const report = await makeBackup({ ...parameters, signal: closing.signal }, to);
        await store.write((tx) => tx.put('meta', [lastBackup], at));
        return report;
      } catch (error) {
        if (error instanceof BackupError)
          throw new FailureError(fail('FOLDER_UNUSABLE', { problem: error.message }), { cause: error });
        throw error;
      }
    },

    async *check({ isDeep }) {
      const layout = createLayout(join(data, 'artifacts'));
      const hasBucket = store.get('meta', 'bucket') !== undefined;
      let found = 0;
      for await (const each of checkData({ store, layout, turn: clock.turn, isDeep, hasBucket })) {
        found += 1;
        yield each;
      }
      problems = found;
    },

    drainTimeoutMs,

    async stop(act) {
      await store.write((tx) => audit.note(tx, clock.now(), act));
      // Its caller is answered first: a service that stops takes no more calls, and gives those under way a moment.
      void clock.turn().then(stopService);
    },

    async *verify({ bytesPerSecond }) {
      if (isVerifying)
        throw new FailureError(fail('NOTHING_TO_DO', { action: 'artifacts verify', state: 'being done already' }));
      isVerifying = true;
      try {
        const layout = createLayout(join(data, 'artifacts'));
        const hasBucket = store.get('meta', 'bucket') !== undefined;
        yield* verifyArtifacts({ store, layout, clock, hasBucket, bytesPerSecond, signal: closing.signal });
      } finally {
        isVerifying = false;
      }
    },

    async setLogLevel(level, forMs, act) {
      await store.write((tx) => audit.note(tx, clock.now(), act));
      cancelRevert();
      log.level = level;
      cancelRevert = clock.wakeIn(forMs, () => {
        log.level = configured;
        log.info({ event: 'log.level_reverted', level: configured }, 'the log is again as configured');
      });
    },

    close() {
      cancelRevert();
      closing.abort();
    },
  };
}
