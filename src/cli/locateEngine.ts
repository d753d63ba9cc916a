// Finds the engine: the one that was named, else the one that was built for this installation, else the one that came with it.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Environment } from './cli.js';
import { cacheFolder } from './folders.js';

/** The checkout or the installed package: two levels up, from src/cli and from dist/cli alike. */
export const packageRoot = fileURLToPath(new URL('../..', import.meta.url)).replace(/[\\/]$/, '');

/** Where the image has its engine: below the package. */
const broughtEngine = join('bin', 'sealed-prover-engine');
const noEngine =
  'This installation has no engine yet. Build it once with: npx sealed-prover engine build   ' +
  '(ten minutes, needs Rust: https://rustup.rs; or name one with --engine FILE)';

export interface LocateEngineParameters {
  /** `--engine`, stronger than SEALED_ENGINE. */
  readonly given: string | undefined;
  readonly environment: Environment;
  readonly root?: string;
}

export type LocatedEngine =
  | { readonly found: true; readonly path: string }
  /** `problem` is a sentence and what to try. */
  | { readonly found: false; readonly problem: string };

/** Looks at the disk only; that the file is an engine shows when it starts. */
export function locateEngine({ given, environment, root = packageRoot }: LocateEngineParameters): LocatedEngine {
  const named = given ?? environment['SEALED_ENGINE'];
  if (named) {
    if (existsSync(named)) return { found: true, path: named };
    return { found: false, problem: `There is no engine at ${named}. Check --engine and SEALED_ENGINE.` };
  }
  const built = builtEngine(cacheFolder(environment), root);
  if (built !== undefined) return { found: true, path: built };
  const brought = join(root, broughtEngine);
  if (existsSync(brought)) return { found: true, path: brought };
  return { found: false, problem: noEngine };
}

/** What `scripts/setup/engine.mjs` left for the checkout or the package at `root`. */
function builtEngine(cache: string | undefined, root: string): string | undefined {
  if (cache === undefined) return undefined;
  const id = createHash('sha256').update(root).digest('hex').slice(0, 16);
  const pointer = join(cache, 'checkouts', id, 'engine.json');
  if (!existsSync(pointer)) return undefined;
  const { path } = JSON.parse(readFileSync(pointer, 'utf8')) as { path?: unknown };
  return typeof path === 'string' && existsSync(path) ? path : undefined;
}
