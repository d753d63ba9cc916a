// Inputs that were found once, as files: what they found must never come back.
import { readdirSync, readFileSync } from 'node:fs';
import type { Target } from './target.js';
import { targets } from './targets.js';

export interface Fixture {
  readonly name: string;
  readonly target: Target;
  readonly input: unknown;
  /** Those that found a matter of timing need more than one try. */
  readonly times: number;
}

const folder = new URL('./fixtures/', import.meta.url);

export function loadFixtures(): Fixture[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .map((name) => {
      const {
        target: wanted,
        input,
        times = 1,
      } = JSON.parse(readFileSync(new URL(name, folder), 'utf8')) as {
        target: string;
        input: unknown;
        times?: number;
      };
      const target = targets.find((each) => each.name === wanted);
      if (target === undefined) throw new Error(`${name} is for ${wanted}, and there is no such target`);
      return { name: name.replace('.json', '').replaceAll('-', ' '), target, input, times };
    });
}
