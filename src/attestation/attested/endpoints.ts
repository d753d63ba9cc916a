// Which endpoints were seen attested, and how well. One that was is held to it: a report that is stripped later is an attack, and no legacy.
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Random } from '../../random.js';
import { readBounded } from '../check/readBounded.js';
import { textOfBytes, toHex } from '../verify/bytes.js';
import { refuse } from '../verify/failure.js';
import { type Json, parseJson } from '../verify/json/parseJson.js';

/** `bound`: with a report for the very connection. `genuine`: with one that is bound to nothing. */
export type SeenAs = 'genuine' | 'bound';

export interface Endpoints {
  /** By origin. DOWNGRADE_REFUSED when the state cannot be read: what it says would have to be known. */
  seen(origin: string): SeenAs | undefined;
  /** Resolves to false when it could not be written: then it is known in this process alone. */
  remember(origin: string, as: SeenAs): boolean;
}

export interface EndpointsParameters {
  /** Undefined where there is no place for it. */
  readonly path: string | undefined;
  /** What a development root vouches for is another endpoint than what Intel's does. */
  readonly root: string;
  readonly random: Random;
}

const mostStateBytes = 1_048_576;

export function createEndpoints({ path, root, random }: EndpointsParameters): Endpoints {
  const own = new Map<string, SeenAs>();
  const nameOf = (origin: string) => `${root.slice(0, 16)} ${origin}`;
  return {
    seen: (origin) => own.get(nameOf(origin)) ?? (path === undefined ? undefined : read(path).get(nameOf(origin))),
    remember(origin, as) {
      const name = nameOf(origin);
      if (own.get(name) === as || own.get(name) === 'bound') return true;
      own.set(name, as);
      if (path === undefined) return false;
      const all = read(path);
      if (all.get(name) === as || all.get(name) === 'bound') return true;
      return write(path, all.set(name, as), random);
    },
  };
}

function write(path: string, seen: ReadonlyMap<string, SeenAs>, random: Random): boolean {
  const scratch = `${path}.${toHex(random.bytes(8))}`;
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    writeFileSync(scratch, JSON.stringify({ version: 1, endpoints: Object.fromEntries(seen) }), { mode: 0o600 });
    renameSync(scratch, path);
    return true;
  } catch {
    // Full, read-only, not ours.
    rmSync(scratch, { force: true });
    return false;
  }
}

function read(path: string): Map<string, SeenAs> {
  const unreadable = () =>
    refuse('DOWNGRADE_REFUSED', `${path} cannot be read, and says which endpoints were seen attested.`);
  try {
    const value = parseJson(textOfBytes(readBounded(path, mostStateBytes) ?? new Uint8Array()) ?? '');
    const { version, endpoints } = value as { version?: Json; endpoints?: Json };
    if (version !== 1 || typeof endpoints !== 'object' || endpoints === null) return unreadable();
    const entries = Object.entries(endpoints) as [string, SeenAs][];
    return entries.every(([, as]) => as === 'genuine' || as === 'bound') ? new Map(entries) : unreadable();
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? new Map() : unreadable();
  }
}
