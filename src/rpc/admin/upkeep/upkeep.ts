// What the upkeep of a service can do, for the methods that ask for it.

import type { LogLevel } from '../../../log.js';
import type { Act } from '../../../store/buckets.js';
import type { Inconsistency } from '../../../store/inconsistency.js';

/** A file that was read, and what is wrong with it. */
export interface VerifiedFile {
  readonly sizeBytes: number;
  readonly finding: Inconsistency | undefined;
}

export interface Upkeep {
  /** Throws FOLDER_UNUSABLE. */
  backup(to: { readonly folder: string; readonly withInputs: boolean }): Promise<{
    readonly files: number;
    readonly sizeBytes: number;
    readonly openRequests: number;
    readonly left: number;
  }>;
  check(of: { readonly isDeep: boolean }): AsyncIterable<Inconsistency>;
  /** How long running calls are given when it stops. */
  readonly drainTimeoutMs: number;
  /** Stops the service, as SIGTERM does, once its audit is on disk. Resolves before it has begun. */
  stop(act: Act): Promise<void>;
  /** Reads every byte of the artifacts at this pace. Fails with NOTHING_TO_DO while another one does. */
  verify(at: { readonly bytesPerSecond: number }): AsyncIterable<VerifiedFile>;
  /** The one in force. */
  readonly logLevel: string;
  /** For so long (ms), then as configured. With its audit. */
  setLogLevel(level: LogLevel, forMs: number, act: Act): Promise<void>;
}
