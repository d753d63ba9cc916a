// From the configuration to the lanes that are built: which engines, on which devices, for which stage.

import type { Config } from '../config/load.js';
import { proofModes } from '../engines/jobs.js';
import { laneId } from '../ids.js';
import type { LaneSpec } from '../lanes/createDispatcher.js';

/** An engine's whole environment: what Rust and CUDA need to run, nothing that is ours. */
const passedOn = ['PATH', 'HOME', 'LD_LIBRARY_PATH', 'SP1_GROTH16_CIRCUIT_PATH', 'SP1_PLONK_CIRCUIT_PATH'] as const;

/** What of the configuration names lanes. */
export type LaneOptions = Pick<
  Config,
  'executeLanes' | 'tee' | 'verifyLanes' | 'cpuProveLanes' | 'gpus' | 'gpuServer' | 'gpuSockets'
>;

/** `engine` is the path of our engine. Executing and verifying always happen on it; proving also on GPUs where given. */
export function laneSpecsOf(config: LaneOptions, engine: string, environment: NodeJS.ProcessEnv): LaneSpec[] {
  const env = Object.fromEntries(
    passedOn.flatMap((name) => (environment[name] === undefined ? [] : [[name, environment[name]]])),
  );
  const cpu = { kind: 'cpu', command: engine, env } as const;
  const many = (count: number, specOf: (index: number) => LaneSpec) =>
    Array.from({ length: count }, (_, index) => specOf(index));
  const gpuServer = config.gpuServer ?? '';

  return [
    ...many(config.executeLanes, (n) => ({ id: laneId(`cpu-execute-${n}`), stage: 'execute', modes: [], engine: cpu })),
    ...(config.tee === 'off'
      ? []
      : [
          // Keys come from an engine that has never run a guest, and each guest runs in an engine of its own.
          { id: laneId('cpu-setup-0'), stage: 'setup' as const, modes: [], engine: cpu },
          ...many(config.executeLanes, (n) => ({
            id: laneId(`cpu-alone-${n}`),
            stage: 'execute',
            modes: [],
            isSingleUse: true,
            engine: { ...cpu, args: ['--single-use'] },
          })),
        ]),
    ...many(config.verifyLanes, (n) => ({ id: laneId(`cpu-verify-${n}`), stage: 'verify', modes: [], engine: cpu })),
    ...many(config.cpuProveLanes, (n) => ({
      id: laneId(`cpu-prove-${n}`),
      stage: 'prove',
      modes: proofModes,
      engine: cpu,
    })),
    ...config.gpus.map(
      (number): LaneSpec => ({
        id: laneId(`gpu-${number}`),
        stage: 'prove',
        modes: proofModes,
        engine: { kind: 'gpu', device: Number(number), command: gpuServer, env },
      }),
    ),
    ...config.gpuSockets.map(
      (socketPath, n): LaneSpec => ({
        id: laneId(`gpu-socket-${n}`),
        stage: 'prove',
        modes: proofModes,
        engine: { kind: 'gpu', socketPath },
      }),
    ),
  ];
}
