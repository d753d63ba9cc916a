// The user's own folders, by the XDG rules; a variable that is empty counts as unset.
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Environment } from './cli.js';

const underHome = (...parts: string[]) => join(homedir(), ...parts, 'sealed-prover');
const under = (folder: string | undefined) => (folder ? join(folder, 'sealed-prover') : undefined);

/** What can be made again: built engines, verifying keys. `scripts/setup/folders.mjs` names the same folder. */
export const cacheFolder = (environment: Environment) => under(environment['XDG_CACHE_HOME']) ?? underHome('.cache');
export const configFolder = (environment: Environment) => under(environment['XDG_CONFIG_HOME']) ?? underHome('.config');
export const dataFolder = (environment: Environment) =>
  under(environment['XDG_DATA_HOME']) ?? underHome('.local', 'share');
