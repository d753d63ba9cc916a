// Where a proof will be saved, looked at before hours of work are spent on it.
import { accessSync, constants, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileProblem } from '../fileProblem.js';
import { CliError } from './cli.js';

/** Throws CliError when the file could not be made as things are now. */
export function checkProofPath(path: string): void {
  const folder = dirname(path);
  try {
    if (!statSync(folder).isDirectory()) throw unwritable(path, `${folder} is a file, not a folder`);
    accessSync(folder, constants.W_OK | constants.X_OK);
  } catch (error) {
    if (error instanceof CliError) throw error;
    throw unwritable(path, `the folder ${folder} cannot be used: ${fileProblem(error)}`);
  }
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) throw unwritable(path, 'it is a folder');
}

export const unwritable = (path: string, problem: string, next = 'Name another file with --out.') =>
  new CliError('PROOF_UNWRITABLE', `The proof cannot be saved as ${path}: ${problem}. ${next}`);
