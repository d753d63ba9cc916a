// The parts of a worker: its lanes, which are made like those of a service, and the memory in which files of jobs lie.

import { circuitVersion } from '../client/requestProof.js';
import { systemClock } from '../clock.js';
import { fileProblem, isSystemError } from '../fileProblem.js';
import { createLanes } from '../lanes/createDispatcher.js';
import { socketFits } from '../lanes/engineProcessLaunch.js';
import type { Lane } from '../lanes/lane.js';
import { createEngineHost } from '../lanes/realEngineHost.js';
import { createRunFolder, temporaryPlaces } from '../lanes/runFolder.js';
import type { Log } from '../log.js';
import { systemRandom } from '../random.js';
import { type LaneOptions, laneSpecsOf } from '../service/laneSpecs.js';
import { isInMemory } from '../storedBytes/memoryFile.js';
import { type LinkFiles, openFrontLink } from './frontLink.js';
import { type WorkNews, workFor } from './workFor.js';

export interface WorkerSettings {
  readonly front: URL;
  readonly files: LinkFiles;
  readonly name: string;
  readonly lanes: Pick<LaneOptions, 'cpuProveLanes' | 'gpus' | 'gpuServer' | 'gpuSockets'>;
  /** Path of our engine. */
  readonly engine: string;
  /** A folder in memory. */
  readonly scratch: string;
  /** Of the package. */
  readonly version: string;
  readonly environment: NodeJS.ProcessEnv;
  readonly log: Log;
  readonly onNews: (news: WorkNews) => void;
}

/** Shown to the operator as it is. */
class WorkerStartError extends Error {
  override readonly name = 'WorkerStartError';
}

export interface OpenedWorker {
  readonly lanes: readonly Lane[];
  /** Resolves after the signal, when everything has stopped. Rejects with the LinkFailed that no time mends. */
  work(stopped: AbortSignal): Promise<void>;
}

/** Rejects with a WorkerStartError or RunFolderError. */
export async function openWorker(settings: WorkerSettings): Promise<OpenedWorker> {
  const { front, files, name, engine, scratch, version, environment, log, onNews } = settings;
  await assertInMemory(scratch);
  assertReadable(settings);
  const specs = laneSpecsOf({ ...settings.lanes, executeLanes: 0, verifyLanes: 0, tee: 'off' }, engine, environment);
  const clock = systemClock;
  const runFolder = createRunFolder({
    places: temporaryPlaces(),
    fits: (folder) => specs.every((spec) => socketFits(spec.engine, folder, spec.id)),
  });
  await runFolder.ready();
  const engines = createEngineHost({ runFolder: runFolder.ready, clock, log });
  const capacity = await engines.capacity({ proveLanes: settings.lanes.cpuProveLanes });
  const lanes = createLanes({ lanes: specs, capacity, engines, clock, log });
  if (lanes.length === 0) {
    runFolder.remove();
    throw new WorkerStartError(`This machine can prove nothing: ${capacity.refusal('core') ?? 'it has no lanes'}.`);
  }
  return {
    lanes,
    async work(stopped) {
      for (const lane of lanes) lane.start();
      try {
        const connect = () => openFrontLink(front, files);
        const place = { folder: scratch, random: systemRandom };
        await workFor(
          { connect, name, version, circuits: circuitVersion, lanes, scratch: place, clock, log, onNews },
          stopped,
        );
      } finally {
        await Promise.all(lanes.map((lane) => lane.stop()));
        runFolder.remove();
      }
    },
  };
}

async function assertInMemory(folder: string): Promise<void> {
  const found = await isInMemory(folder).catch((error: unknown) => {
    throw new WorkerStartError(
      `${folder} cannot be used for inputs: ${problemOf(error)}. Name another with --scratch.`,
    );
  });
  if (!found)
    throw new WorkerStartError(
      `${folder} is on a disk, and inputs are kept in memory alone. Name a tmpfs with --scratch, for example /dev/shm.`,
    );
}

function assertReadable({ front, files }: WorkerSettings): void {
  try {
    openFrontLink(front, files).close();
  } catch (error) {
    throw new WorkerStartError(
      `The certificate, its key or the CA of the front cannot be used: ${problemOf(error)}. They must be PEM files.`,
      { cause: error },
    );
  }
}

const problemOf = (error: unknown) =>
  isSystemError(error) ? fileProblem(error) : (((error as NodeJS.ErrnoException).code ?? 'unreadable') as string);
