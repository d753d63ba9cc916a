// The key that signs for this user: given, or made once and kept where only the user can read it.
import { randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Environment } from './cli.js';
import { configFolder } from './folders.js';

export interface ClientKey {
  /** 64 hex digits, or whatever the user gave. */
  readonly privateKey: string;
  /** The file that was made just now. */
  readonly madeAt?: string;
}

function readKey(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** `given` (--key), else SEALED_CLIENT_KEY, else the kept key. A new one is 32 random bytes: as good as all are below the curve's order. */
export function loadClientKey(given: string | undefined, environment: Environment): ClientKey {
  const named = given ?? environment['SEALED_CLIENT_KEY'];
  if (named) return { privateKey: named };
  const folder = configFolder(environment);
  const path = join(folder, 'client.key');
  const kept = readKey(path);
  if (kept !== undefined) return { privateKey: kept };

  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const privateKey = randomBytes(32).toString('hex');
  const own = `${path}.${process.pid}`;
  writeFileSync(own, `${privateKey}\n`, { mode: 0o600 });
  try {
    // Appears whole or not at all, and never replaces the key that another command has just made.
    linkSync(own, path);
    return { privateKey, madeAt: path };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return { privateKey: readKey(path) as string };
  } finally {
    rmSync(own);
  }
}
