// From the configuration of lanes to a dispatcher over them: what each may prove on this machine, and what each waits for to start.
import type { Clock } from '../clock.js';
import type { ProofMode } from '../engines/jobs.js';
import { traitsOf } from '../engines/traits.js';
import type { Log } from '../log.js';
import type { QueueLimits } from '../machines/queue/queue.js';
import type { Capacity } from './capacity.js';
import { Dispatcher } from './dispatcher.js';
import type { EngineHost, HostedLane } from './engineHost.js';
import type { JobWatch } from './jobWatch.js';
import { Lane } from './lane.js';

export interface LaneSpec extends HostedLane {
  /** Of prove lanes: what it is to prove. The prover is loaded for the first of them. Empty for the others. */
  readonly modes: readonly ProofMode[];
  /** Of execute lanes: a new engine for each job, and only for jobs that ask for one. */
  readonly isSingleUse?: boolean;
}

export interface CreateLanesParameters {
  readonly lanes: readonly LaneSpec[];
  /** Made by the host for the number of lanes that prove on CPU. */
  readonly capacity: Capacity;
  readonly engines: Pick<EngineHost, 'homeOf'>;
  readonly jobs?: JobWatch | undefined;
  readonly clock: Clock;
  readonly log: Log;
}

export interface CreateDispatcherParameters extends CreateLanesParameters {
  readonly limits: QueueLimits;
  /** Lanes of other machines may come and go, and prove whatever they offer. */
  readonly awaitsWorkers?: boolean;
}

/** Makes the lanes. Nothing runs before `start()`. */
export function createDispatcher(parameters: CreateDispatcherParameters): Dispatcher {
  const { capacity, limits, awaitsWorkers = false, clock, log } = parameters;
  const lanes = createLanes(parameters);
  const refusal = (mode: ProofMode) =>
    (parameters.lanes.some((lane) => lane.modes.includes(mode)) ? capacity.refusal(mode) : undefined) ?? unserved;
  return new Dispatcher({ lanes, limits, awaitsWorkers, refusal, clock, log });
}

/** Those that can be of use on this machine. */
export function createLanes({ lanes: specs, capacity, engines, jobs, clock, log }: CreateLanesParameters): Lane[] {
  const lanes: Lane[] = [];
  for (const spec of specs) {
    const { id, stage, isSingleUse = false } = spec;
    const home = engines.homeOf(spec);
    const needsMemory = stage === 'prove' && traitsOf[home.kind].hostMemory;
    const modes = needsMemory ? spec.modes.filter((mode) => capacity.refusal(mode) === undefined) : spec.modes;
    if (stage === 'prove' && modes.length === 0) {
      // Loading a prover that could prove nothing would only take the memory from the others.
      log.warn(
        { event: 'lane.useless', laneId: id, reason: spec.modes.map(capacity.refusal) },
        'lane can prove nothing here',
      );
      continue;
    }
    lanes.push(new Lane({ id, stage, modes, isSingleUse, home, jobs, clock, log }));
  }
  return lanes;
}

const unserved = 'no lane of this service is configured for them';
