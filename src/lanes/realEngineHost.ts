// Engines of this machine: child processes that we start, and servers that others manage and whose socket we know.
import type { Clock } from '../clock.js';
import type { Engine, EngineOptions } from '../engines/engine.js';
import { openEngine } from '../engines/laneWorker.js';
import { traitsOf } from '../engines/traits.js';
import type { Log } from '../log.js';
import { readCapacity } from './capacity.js';
import { circuitFilesFound } from './circuitFiles.js';
import type { EngineHome, EngineHost, HostedLane, LaunchedEngine } from './engineHost.js';
import { EngineParts } from './engineParts.js';
import { startEngineProcess } from './engineProcess.js';
import { type ForeignSpec, prepareLaunch, type SpawnedSpec } from './engineProcessLaunch.js';
import { UnstartableError } from './unstartableError.js';

export interface EngineHostParameters {
  /** Answers a folder of our own (0700), on a path short enough for sockets. Asked before every start of an engine. */
  readonly runFolder: () => Promise<string>;
  /** Times the attempts to connect. */
  readonly clock: Clock;
  readonly log: Log;
  /** How the socket of an engine is spoken to. The bench measures in between. */
  readonly connect?: (options: EngineOptions) => Engine;
}

export function createEngineHost(parameters: EngineHostParameters): EngineHost {
  return {
    capacity: readCapacity,
    homeOf: (lane) =>
      'socketPath' in lane.engine
        ? foreignHome(lane, lane.engine, parameters)
        : spawnedHome(lane, lane.engine, parameters),
  };
}

/** A process of ours, a new one for each run. */
function spawnedHome({ id, stage }: HostedLane, spec: SpawnedSpec, parameters: EngineHostParameters): EngineHome {
  const { runFolder, log } = parameters;
  const launchOf = async () => {
    try {
      return await prepareLaunch(spec, { id, stage, runFolder: await runFolder() }, log);
    } catch (error) {
      const { message, code } = error as NodeJS.ErrnoException;
      throw new UnstartableError(`its run folder cannot be used (${code ?? message})`, { cause: error });
    }
  };
  return {
    kind: spec.kind,
    isManaged: true,
    circuits: () => circuitFilesFound(spec.env),
    async launch() {
      const launch = await launchOf();
      return {
        process: await startEngineProcess(launch, id, log),
        parts: new EngineParts(launch.partsFolder),
        ...atSocket(id, spec.kind, launch.socketPath, parameters),
      };
    },
  };
}

/** A server that others manage: it is there or it is not. */
const foreignHome = ({ id }: HostedLane, spec: ForeignSpec, parameters: EngineHostParameters): EngineHome => ({
  kind: spec.kind,
  isManaged: false,
  circuits: () => undefined,
  launch: async () => atSocket(id, spec.kind, spec.socketPath, parameters),
});

const atSocket = (
  laneId: HostedLane['id'],
  kind: EngineOptions['kind'],
  socketPath: string,
  { clock, connect = openEngine }: EngineHostParameters,
): LaunchedEngine => ({
  address: socketPath,
  open: (onLost) => connect({ laneId, kind, socketPath, readyTimeoutMs: traitsOf[kind].readyMs, clock, onLost }),
});
