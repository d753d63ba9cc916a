// The key that signs for this user: given, or made once and kept where only the user can read it.
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileProblem } from '../fileProblem.js';
import { randomHex, systemRandom } from '../random.js';
import { CliError, type Environment } from './cli.js';
import { configFolder } from './folders.js';

export interface ClientKey {
  /** 64 hex digits, or whatever the user gave. */
  readonly privateKey: string;
  /** Where it came from, for messages. */
  readonly from: string;
  /** The file that was made just now. */
  readonly madeAt?: string;
}

function readKey(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw unusable(path, 'read', error);
  }
}

/** `given` (--key), else SEALED_CLIENT_KEY, else the kept key. A new one is 32 random bytes: as good as all are below the curve's order. */
export function loadClientKey(given: string | undefined, environment: Environment): ClientKey {
  // An empty --key is a variable of a script that was not set: another key than the meant one would be another name.
  if (given !== undefined) return { privateKey: given, from: '--key' };
  const named = environment['SEALED_CLIENT_KEY'];
  if (named) return { privateKey: named, from: 'SEALED_CLIENT_KEY' };
  const folder = configFolder(environment);
  const path = join(folder, 'client.key');
  const kept = readKey(path);
  if (kept !== undefined) return { privateKey: kept, from: path };
  try {
    return makeKey(folder, path);
  } catch (error) {
    if (error instanceof CliError) throw error;
    throw unusable(path, 'kept', error);
  }
}

function makeKey(folder: string, path: string): ClientKey {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const privateKey = randomHex(systemRandom, 32);
  const own = `${path}.${process.pid}`;
  writeFileSync(own, `${privateKey}\n`, { mode: 0o600 });
  try {
    // Appears whole or not at all, and never replaces the key that another command has just made.
    linkSync(own, path);
    return { privateKey, from: path, madeAt: path };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return { privateKey: readKey(path) as string, from: path };
  } finally {
    rmSync(own);
  }
}

const unusable = (path: string, verb: 'read' | 'kept', error: unknown) =>
  new CliError(
    'KEY_FILE_UNUSABLE',
    `Your key cannot be ${verb} in ${path}: ${fileProblem(error)}. Give one with --key or SEALED_CLIENT_KEY, or set XDG_CONFIG_HOME to a folder of yours.`,
  );
