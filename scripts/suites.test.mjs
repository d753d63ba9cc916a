import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const suites = fileURLToPath(new URL('suites.mjs', import.meta.url));

/** Runs files with these bodies. What a body says of `marks` is shared by its runs. */
function run(t, ...bodies) {
  const folder = mkdtempSync(join(tmpdir(), 'suites-test-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const files = bodies.map((body, index) => {
    const file = join(folder, `f${index}.test.mjs`);
    const marks = JSON.stringify(join(folder, `mark${index}`));
    const imports = "import { existsSync, writeFileSync } from 'node:fs';\nimport { it } from 'node:test';\n";
    writeFileSync(file, `${imports}const mark = ${marks};\n${body}\n`);
    return file;
  });
  // Within a test, `node --test` would report to the outer one.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const { status, stdout, stderr } = spawnSync(process.execPath, [suites, 'spec', ...files], { env, encoding: 'utf8' });
  return { status, text: stdout + stderr };
}

const passes = "it('passes', () => {});";
const fails = "it('always fails', () => { throw new Error('broken'); });";
const once =
  "it('fails once', () => { if (!existsSync(mark)) { writeFileSync(mark, ''); throw new Error('race'); } });";

test('a file that fails once is named as unsteady, with its first failure, and the run passes', (t) => {
  const { status, text } = run(t, passes, once);
  assert.match(text, /race/);
  assert.match(text, /UNSTEADY: \S*f1\.test\.mjs/);
  assert.equal(status, 0);
});

test('a file that fails twice fails the run, also when it fails outside of a test', (t) => {
  assert.equal(run(t, passes, fails).status, 1);
  assert.equal(run(t, passes, `${passes}\nprocess.exit(3);`).status, 1);
  assert.equal(run(t, once, fails).status, 1);
});

test('more than a few that fail are not run again', (t) => {
  const { status, text } = run(t, once, once, once, once);
  assert.equal(status, 1);
  assert.doesNotMatch(text, /run once more/);
});
