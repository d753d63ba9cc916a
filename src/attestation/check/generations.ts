// How often each service was started when it was last seen. One that says less than before runs on a disk that was set back.
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Random } from '../../random.js';
import { textOfBytes, toHex } from '../verify/bytes.js';
import { type Json, parseJson } from '../verify/json/parseJson.js';
import { type Check, failedCheck, passed, skipped } from '../verify/verdict/checks.js';
import type { Verdict } from '../verify/verdict/verdict.js';
import { readBounded } from './readBounded.js';

export interface Generations {
  /** Of a verdict's statement; `state.generation`. */
  check(verdict: Verdict): Check;
  /** Of a verdict that was accepted. A state that cannot be written is one that knows less. */
  remember(verdict: Verdict): void;
}

const id = 'state.generation';
const mostStateBytes = 1_048_576;

/** `root`: what a development root vouches for is another service than what Intel's does. */
export function createGenerations(path: string, { root, random }: { root: string; random: Random }): Generations {
  const nameOf = ({ facts, target }: Verdict) => `${root.slice(0, 16)} ${facts.appId ?? target.url ?? ''}`;
  return {
    check(verdict) {
      const now = generationOf(verdict);
      if (now === undefined) return skipped(id, 'No statement says how often the service was started.');
      const seen = read(path);
      if (seen === undefined) return skipped(id, `${path} cannot be read. Remove it to begin anew.`);
      const before = seen.get(nameOf(verdict));
      if (before === undefined) return skipped(id, 'It was not visited before.');
      if (now >= before) return passed(id, `Start ${now}; ${before} when it was seen last.`);
      return failedCheck(
        id,
        'STATE_ROLLED_BACK',
        `It says that this is start ${now}, and was at ${before} when it was seen last (${path}).`,
      );
    },

    remember(verdict) {
      const now = generationOf(verdict);
      const seen = read(path);
      if (now === undefined || seen === undefined || (seen.get(nameOf(verdict)) ?? -1) >= now) return;
      seen.set(nameOf(verdict), now);
      const scratch = `${path}.${toHex(random.bytes(8))}`;
      try {
        mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
        writeFileSync(scratch, JSON.stringify({ version: 1, generations: Object.fromEntries(seen) }), { mode: 0o600 });
        renameSync(scratch, path);
      } catch {
        // Full, read-only, not ours: the next visit is a first one.
        rmSync(scratch, { force: true });
      }
    },
  };
}

function generationOf({ facts }: Verdict): number | undefined {
  const generation = facts.statement?.['generation'];
  return Number.isSafeInteger(generation) ? (generation as number) : undefined;
}

/** Empty where there is none; undefined where there is something else. */
function read(path: string): Map<string, number> | undefined {
  try {
    const value = parseJson(textOfBytes(readBounded(path, mostStateBytes) ?? new Uint8Array()) ?? '');
    const { version, generations } = value as { version?: Json; generations?: Json };
    if (version !== 1 || typeof generations !== 'object' || generations === null) return undefined;
    const entries = Object.entries(generations) as [string, Json][];
    return entries.every(([, count]) => Number.isSafeInteger(count))
      ? new Map(entries as [string, number][])
      : undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? new Map() : undefined;
  }
}
