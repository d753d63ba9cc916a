// From the configuration of lanes to a dispatcher over them: what each may prove on this machine, and what each waits for to start.
import type { Clock } from '../../clock.js';
import type { Engine, EngineOptions } from '../../engines/engine.js';
import type { ProofMode, Stage } from '../../engines/jobs.js';
import { openEngine } from '../../engines/laneWorker.js';
import type { LaneId } from '../../ids.js';
import type { Log } from '../../log.js';
import type { QueueLimits } from '../../machines/queue.js';
import type { Capacity } from './capacity.js';
import { Dispatcher } from './dispatcher.js';
import { assertSocketFits, type EngineSpec } from './engineProcessLaunch.js';
import { Lane } from './lane.js';

export interface LaneSpec {
  /** Unique, and a file name: the lane's socket is named after it. */
  readonly id: LaneId;
  readonly stage: Stage;
  /** Of prove lanes: what it is to prove. The prover is loaded for the first of them. Empty for the others. */
  readonly modes: readonly ProofMode[];
  readonly engine: EngineSpec;
}

export interface CreateDispatcherParameters {
  readonly lanes: readonly LaneSpec[];
  /** Made by `readCapacity` for the number of lanes that prove on CPU. */
  readonly capacity: Capacity;
  /** A folder of our own, on a path short enough for sockets; it is made (0700) when the first engine starts. */
  readonly runFolder: string;
  readonly limits: QueueLimits;
  readonly clock: Clock;
  readonly log: Log;
  /** Tests only: another way to reach an engine. */
  readonly openEngine?: (options: EngineOptions) => Engine;
}

/** Makes the lanes; nothing runs before `start()`. Throws when a lane's socket path would be too long. */
export function createDispatcher(parameters: CreateDispatcherParameters): Dispatcher {
  const { capacity, runFolder, limits, clock, log } = parameters;
  const lanes: Lane[] = [];
  for (const spec of parameters.lanes) {
    const { id, stage, engine } = spec;
    assertSocketFits(engine, runFolder, id);
    const needsMemory = stage === 'prove' && engine.kind === 'cpu';
    const modes = needsMemory ? spec.modes.filter((mode) => capacity.refusal(mode) === undefined) : spec.modes;
    if (stage === 'prove' && modes.length === 0) {
      // Loading a prover that could prove nothing would only take the memory from the others.
      log.warn(
        { event: 'lane.useless', laneId: id, reason: spec.modes.map(capacity.refusal) },
        'lane can prove nothing here',
      );
      continue;
    }
    const open = parameters.openEngine ?? openEngine;
    lanes.push(new Lane({ id, stage, modes, spec: engine, runFolder, clock, log, openEngine: open }));
  }
  const refusal = (mode: ProofMode) =>
    (parameters.lanes.some((lane) => lane.modes.includes(mode)) ? capacity.refusal(mode) : undefined) ?? unserved;
  return new Dispatcher({ lanes, limits, refusal, clock, log });
}

const unserved = 'no lane of this service is configured for them';
