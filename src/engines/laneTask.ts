// What crosses between a lane on the main thread (`laneWorker.ts`) and its worker thread (`../workers/lane.worker.ts`).
// Plain data and one MessagePort. Bulk bytes never cross.
import type { MessagePort } from 'node:worker_threads';
import type { Failure } from '../failures/catalog.js';
import type { Outcome } from '../failures/outcome.js';
import type { LaneId, Sha256 } from '../ids.js';
import type { StoredFile } from '../storedBytes/storedFile.js';
import type { EngineInfo, EngineKind } from './engine.js';
import type { Job, Progress, ProofMode, ResultOf, SetUp } from './jobs.js';

export type LaneOrder =
  /** Once per thread, before anything else. */
  | {
      readonly kind: 'attach';
      readonly laneId: LaneId;
      readonly engine: EngineKind;
      readonly socketPath: string;
      readonly events: MessagePort;
    }
  | { readonly kind: 'connect' }
  | { readonly kind: 'info' }
  | { readonly kind: 'waitReady'; readonly mode: ProofMode }
  | { readonly kind: 'run'; readonly job: Job }
  | { readonly kind: 'setUp'; readonly program: StoredFile }
  | { readonly kind: 'forget'; readonly program: Sha256 };

/** `call` numbers the calls of a lane from 1, so that a late message about one is never taken for another. */
export interface LaneTask {
  readonly call: number;
  readonly order: LaneOrder;
}

export interface LaneValues {
  readonly attach: undefined;
  /** Not accepted: the socket has no listener (yet), and why. */
  readonly connect: { readonly accepted: true } | { readonly accepted: false; readonly reason: string };
  readonly info: EngineInfo;
  readonly waitReady: undefined;
  readonly run: ResultOf[keyof ResultOf];
  readonly setUp: SetUp;
  readonly forget: undefined;
}

/** The state of the connection comes with every answer: the main thread has no other source for it while a call runs. */
export interface LaneReply<K extends keyof LaneValues = keyof LaneValues> {
  readonly outcome: Outcome<LaneValues[K]>;
  /** Number of the connection, from 1, or 0 when there is none. */
  readonly connection: number;
  readonly programs: readonly Sha256[];
}

export type ToLaneWorker = { readonly kind: 'abort'; readonly call: number };

export type FromLaneWorker =
  | { readonly kind: 'progress'; readonly call: number; readonly progress: Progress }
  | { readonly kind: 'lastByte'; readonly call: number; readonly at: number }
  | { readonly kind: 'lost'; readonly connection: number; readonly failure: Failure };
