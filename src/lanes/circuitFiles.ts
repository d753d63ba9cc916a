// Which circuit files of the wrapped modes lie on this machine, for an engine that does not say, or has not started yet:
// sp1-gpu-server downloads gigabytes when it is asked for a mode without them.
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { type WrappedMode, wrappedModes } from '../engines/jobs.js';
import { homeFolder } from '../home.js';

/** As in SP1 6.10.0 (sp1-prover, build.rs): the folder is complete when it holds this file. */
const mark = ['v6.1.0', '.complete'] as const;
const folderVariable = { plonk: 'SP1_PLONK_CIRCUIT_PATH', groth16: 'SP1_GROTH16_CIRCUIT_PATH' } as const;

/** Where an engine with this environment looks: the modes that it can wrap without a download. */
export const circuitFilesFound = (env: Readonly<Record<string, string>>): readonly WrappedMode[] =>
  wrappedModes.filter((mode) => isFile(join(folderOf(mode, env), ...mark)));

const folderOf = (mode: WrappedMode, env: Readonly<Record<string, string>>) =>
  env[folderVariable[mode]] ?? join(env['HOME'] ?? homeFolder() ?? '/', '.sp1/circuits', mode);

function isFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
