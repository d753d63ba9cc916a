// `sealed-prover inspect`: what a proof file says, and what of it can be checked where there is no engine.
import { readFile } from 'node:fs/promises';
import { type Finding, type InspectParameters, inspectProofFile, type ProofInspection } from '../client/client.js';
import { fileProblem } from '../fileProblem.js';
import { shownId } from '../ids.js';
import { type Cli, CliError } from './cli.js';
import { toJson } from './output.js';

export interface InspectOptions extends InspectParameters {
  readonly json?: true;
}

/** Resolves with 0 when nothing that can be checked here speaks against the file. */
export async function runInspect(cli: Cli, path: string, { json, ...expected }: InspectOptions): Promise<number> {
  const inspection = inspectProofFile(await readProof(path), expected);
  const { served: _, ...facts } = inspection;
  const { circuits, publicValuesMatch, programMatches } = inspection;
  if (json) cli.output.print(toJson(facts));
  else for (const line of linesOf(inspection, path)) cli.output.print(line);
  return [circuits, publicValuesMatch, programMatches].includes('fails') ? 1 : 0;
}

/** Throws PROOF_UNREADABLE. */
export async function readProof(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (error) {
    throw new CliError('PROOF_UNREADABLE', `The proof ${path} cannot be read: ${fileProblem(error)}.`);
  }
}

function linesOf(inspection: ProofInspection, path: string): string[] {
  const { mode, version, publicValues, publicValuesHash, vkHash } = inspection;
  const programs: Record<Finding, string> = {
    holds: 'the one that was asked for',
    fails: 'NOT the one that was asked for',
    untold: mode === 'core' ? 'a core proof names none' : 'not compared: give --vk-hash',
  };
  const program = programs[inspection.programMatches];
  return [
    `A ${mode} proof of circuit ${version}${inspection.circuits === 'fails' ? ', which today’s SDKs do not verify' : ''}`,
    `Program        ${vkHash === undefined ? program : `${shownId(vkHash)} (${program})`}`,
    `Public values  0x${Buffer.from(publicValues).toString('hex')}`,
    `Their hash     ${publicValuesHash} (${inspection.publicValuesMatch === 'fails' ? 'NOT the one that was asked for' : 'the proof commits to it'})`,
    `NOT VERIFIED: whether the proof is valid takes an engine: sealed-prover verify ${path} --program ELF`,
  ];
}
