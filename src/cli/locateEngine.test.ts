import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { locateEngine } from './locateEngine.js';

const folder = mkdtempSync(join(tmpdir(), 'sealed-locate-'));
after(() => rmSync(folder, { recursive: true }));

test('finds what was named first, then what set-up built, then what the image brings', async () => {
  const environment = { XDG_CACHE_HOME: folder };
  const root = join(folder, 'checkout');
  const missing = locateEngine({ given: undefined, environment, root });
  assert.ok(!missing.found && /npx sealed-prover engine build/.test(missing.problem));

  // The set-up script and this module agree on a place without sharing code: the script runs before anything is compiled.
  const folders = pathToFileURL(join(import.meta.dirname, '../../scripts/setup/folders.mjs')).href;
  const { cacheFolder, pointerPath } = await import(folders);
  const built = join(folder, 'built');
  writeFileSync(built, '');
  const pointer: string = pointerPath(cacheFolder(environment), 'engine', root);
  mkdirSync(dirname(pointer), { recursive: true });
  writeFileSync(pointer, JSON.stringify({ path: built, root }));
  assert.deepEqual(locateEngine({ given: undefined, environment, root }), { found: true, path: built });

  const named = join(folder, 'named');
  writeFileSync(named, '');
  const withVariable = { ...environment, SEALED_ENGINE: named };
  assert.deepEqual(locateEngine({ given: undefined, environment: withVariable, root }), { found: true, path: named });
  assert.deepEqual(locateEngine({ given: built, environment: withVariable, root }), { found: true, path: built });
  const wrong = locateEngine({ given: join(folder, 'gone'), environment: withVariable, root });
  assert.ok(!wrong.found && /There is no engine at .*gone/.test(wrong.problem));

  rmSync(built);
  const brought = join(root, 'bin', 'sealed-prover-engine');
  mkdirSync(dirname(brought), { recursive: true });
  writeFileSync(brought, '');
  assert.deepEqual(locateEngine({ given: undefined, environment, root }), { found: true, path: brought });
  rmSync(brought);
  assert.ok(!locateEngine({ given: undefined, environment, root }).found);
});
