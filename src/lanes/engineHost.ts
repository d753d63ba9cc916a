// What lanes ask of the world for their engines. The real one, `realEngineHost.ts`, has processes and sockets. A lane needs neither.
import type { Engine, EngineKind } from '../engines/engine.js';
import type { Stage, WrappedMode } from '../engines/jobs.js';
import type { Failure } from '../failures/catalog.js';
import type { LaneId } from '../ids.js';
import type { Capacity } from './capacity.js';
import type { EngineProcess } from './engineProcess.js';
import type { EngineSpec } from './engineProcessLaunch.js';

/** Whose engine it is, and what it is. */
export interface HostedLane {
  /** Unique, and a file name: the lane's socket is named after it. */
  readonly id: LaneId;
  readonly stage: Stage;
  readonly engine: EngineSpec;
}

export interface EngineHost {
  /** What this machine has for so many lanes that prove in its memory. */
  capacity(parameters: { readonly proveLanes: number }): Promise<Capacity>;
  homeOf(lane: HostedLane): EngineHome;
}

/** Where the engine of one lane comes from, at each of its starts. */
export interface EngineHome {
  readonly kind: EngineKind;
  /** False for an engine that others manage: we neither start nor end it, and cannot stop a job. */
  readonly isManaged: boolean;
  /** The wrapped modes whose circuit files can be seen without asking the engine. Undefined when they cannot. */
  circuits(): readonly WrappedMode[] | undefined;
  /** Starts one, or finds the one that runs. Rejects with an UnstartableError that says why not. */
  launch(): Promise<LaunchedEngine>;
}

/** One run of an engine, from its start to its end. */
export interface LaunchedEngine {
  /** What `open` has opened serves the next run too, as long as the address is the same. */
  readonly address: string;
  /** Of an engine that we have started: its end says more than that of its connection. */
  readonly process?: EngineProcess;
  /** What the engine needs while it runs, and what others may remove meanwhile. */
  readonly parts?: { look(): Promise<void>; missing(): Promise<string | undefined> };
  /** Nothing is connected yet. `onLost`: see `EngineOptions`. */
  open(onLost: (failure: Failure) => void): Engine;
}
