// From a lane's configuration to the command that starts its engine.
import { execFile } from 'node:child_process';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Stage } from '../engines/jobs.js';
import type { LaneId } from '../ids.js';
import type { Log } from '../log.js';
import type { Launch } from './engineProcess.js';

/** A program with the arguments that stand before ours, and its whole environment. */
interface Program {
  readonly command: string;
  readonly args?: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** An engine that we start and end. */
export type SpawnedSpec =
  /** Our own engine, `docs/engine-protocol.md`. */
  | ({ readonly kind: 'cpu' } & Program)
  /** sp1-gpu-server, on the CUDA device with this number. */
  | ({ readonly kind: 'gpu'; readonly device: number } & Program);

/** An sp1-gpu-server that others manage: we connect, and never start or end it. */
export interface ForeignSpec {
  readonly kind: 'gpu';
  readonly socketPath: string;
}

/** What a lane's engine is. */
export type EngineSpec = SpawnedSpec | ForeignSpec;

/** The kernel's bound on the path of a unix socket is 108 bytes with its closing zero. */
const maxSocketPathBytes = 107;

/** Where our engine listens: one name a lane, so that a restarted engine is found at the same place. */
const cpuSocketPath = (runFolder: string, laneId: LaneId) => join(runFolder, `${laneId}.sock`);

/** Whether a lane's socket can be bound in this run folder: its path must be short. */
export function socketFits(spec: EngineSpec, runFolder: string, laneId: LaneId): boolean {
  if ('socketPath' in spec) return true;
  const path =
    spec.kind === 'cpu' ? cpuSocketPath(runFolder, laneId) : join(privateTmp(runFolder, laneId), 'sp1-cuda-99.sock');
  return Buffer.byteLength(path) <= maxSocketPathBytes;
}

/** Prepares folders and removes a dead engine's socket. Rejects when the run folder cannot be used. */
export async function prepareLaunch(
  spec: SpawnedSpec,
  lane: { readonly id: LaneId; readonly stage: Stage; readonly runFolder: string },
  log: Log,
): Promise<Launch> {
  if (spec.kind === 'gpu') return gpuLaunch(spec, lane, log);
  const socketPath = cpuSocketPath(lane.runFolder, lane.id);
  await rm(socketPath, { force: true });
  // Verifying needs no prover either: an engine of the execute role does both.
  const role = lane.stage === 'prove' ? 'prove' : 'execute';
  const args = [...(spec.args ?? []), '--role', role, '--socket', socketPath];
  return { command: spec.command, args, env: spec.env, socketPath, partsFolder: `${socketPath}.d`, isDiscreet: true };
}

const privateTmp = (runFolder: string, laneId: LaneId) => join(runFolder, `${laneId}.tmp`);

/** In a mount namespace of its own, the lane's folder is the server's /tmp: others neither see its socket nor can take its path. */
const mountAndRun = 'mount --bind "$0" /tmp && command -v "$1" >/dev/null && exec setpriv --pdeathsig KILL "$@"';
const unshare = ['unshare', '--mount', '--map-root-user', 'sh', '-c', mountAndRun];

/**
 * sp1-gpu-server binds /tmp/sp1-cuda-<device>.sock, takes no option for it, and does not end with its parent: `setpriv` sees to that.
 * Where the kernel allows no namespaces to us the path is the machine's own, and a second server on it would take it over unnoticed.
 */
async function gpuLaunch(
  spec: { readonly device: number } & Program,
  lane: { readonly id: LaneId; readonly runFolder: string },
  log: Log,
): Promise<Launch> {
  const tmp = privateTmp(lane.runFolder, lane.id);
  await mkdir(tmp, { recursive: true, mode: 0o700 });
  const env = { ...spec.env, CUDA_VISIBLE_DEVICES: `${spec.device}` };
  const own = [spec.command, ...(spec.args ?? [])];
  // Asked with the command itself in sight, which a private /tmp would hide if it lies there.
  const canMount = await succeeds([...unshare, tmp, 'sh', '-c', 'command -v "$0"', spec.command], env);
  const canTie = canMount || (await succeeds(['setpriv', '--pdeathsig', 'KILL', 'true'], env));
  const wrapper = canMount ? [...unshare, tmp] : canTie ? ['setpriv', '--pdeathsig', 'KILL'] : [];
  const partsFolder = canMount ? tmp : '/tmp';
  const socketPath = join(partsFolder, `sp1-cuda-${spec.device}.sock`);
  await rm(socketPath, { force: true });
  log.info(
    { event: 'engine.isolation', laneId: lane.id, privateTmp: canMount, endsWithUs: canTie, socketPath },
    canMount
      ? 'sp1-gpu-server gets a private /tmp'
      : 'no mount namespace: sp1-gpu-server shares /tmp with this machine',
  );
  const [command = spec.command, ...args] = [...wrapper, ...own];
  return { command, args, env, socketPath, partsFolder, isDiscreet: false };
}

async function succeeds([command = '', ...args]: readonly string[], env: Record<string, string>): Promise<boolean> {
  return await promisify(execFile)(command, args, { env }).then(
    () => true,
    () => false,
  );
}
