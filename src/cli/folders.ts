// The user's own folders, by the XDG rules; a variable that is empty counts as unset.
import { isAbsolute, join } from 'node:path';
import { homeFolder } from '../home.js';
import { CliError, type Environment } from './cli.js';

function folderOf(environment: Environment, variable: string, ...underHome: string[]): string | undefined {
  const named = environment[variable];
  if (named) return join(named, 'sealed-prover');
  const given = environment['HOME'];
  const own = given ? (isAbsolute(given) ? given : undefined) : homeFolder();
  return own === undefined ? undefined : join(own, ...underHome, 'sealed-prover');
}

function needed(folder: string | undefined, variable: string, instead: string): string {
  if (folder !== undefined) return folder;
  throw new CliError('HOME_UNKNOWN', `This user has no home folder. ${instead}, or set HOME or ${variable}.`);
}

/** What can be made again: built engines, verifying keys. `scripts/setup/folders.mjs` names the same folder. */
export const cacheFolder = (environment: Environment) => folderOf(environment, 'XDG_CACHE_HOME', '.cache');

/** For what is built to be kept. Throws CliError. */
export const neededCacheFolder = (environment: Environment) =>
  needed(cacheFolder(environment), 'XDG_CACHE_HOME', 'Build as a user who has one');

/** Throws CliError. */
export const configFolder = (environment: Environment) =>
  needed(
    folderOf(environment, 'XDG_CONFIG_HOME', '.config'),
    'XDG_CONFIG_HOME',
    'Give your key with --key or SEALED_CLIENT_KEY',
  );

/** Throws CliError. */
export const dataFolder = (environment: Environment) =>
  needed(folderOf(environment, 'XDG_DATA_HOME', '.local', 'share'), 'XDG_DATA_HOME', 'Name a folder with --data');

/** What was seen before, and may be forgotten. Undefined where there is no home. */
export const stateFolder = (environment: Environment) => folderOf(environment, 'XDG_STATE_HOME', '.local', 'state');
