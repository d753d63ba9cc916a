// The tests of contracts/, each by its name, and that the committed ABI and bytecode are those of the sources. Needs no network.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { contractsFolder, foundryTool } from '../../src/testkit/chain/foundryTool.js';

interface Outcome {
  readonly status: string;
  readonly reason: string | null;
  readonly counterexample: unknown;
}

type Suites = Record<string, { readonly test_results: Record<string, Outcome> }>;

const runForge = (...args: string[]) =>
  spawnSync(foundryTool('forge'), args, { cwd: contractsFolder, encoding: 'utf8', maxBuffer: 1 << 28 });

/** Fewer would mean that files were not found. */
const leastTests = 78;

describe('contracts', () => {
  const { stdout, stderr } = runForge('test', '--offline', '--json');
  const suites: Suites = stdout.startsWith('{') ? JSON.parse(stdout) : {};
  const outcomes = Object.entries(suites).flatMap(([suite, { test_results }]) =>
    Object.entries(test_results).map(([name, outcome]) => ({ title: `${suite.split(':')[1]} ${name}`, ...outcome })),
  );

  it('compile, and their tests run', () => assert.ok(outcomes.length >= leastTests, `${stdout}${stderr}`));

  for (const { title, status, reason, counterexample } of outcomes)
    it(title, () => assert.equal(status, 'Success', `${reason ?? ''} ${JSON.stringify(counterexample ?? '')}`));

  it('are formatted', () => {
    const { status, stdout: difference } = runForge('fmt', '--check');
    assert.equal(status, 0, difference);
  });

  it('committed ABI and bytecode are what the sources compile to', () => {
    const script = fileURLToPath(new URL('../../scripts/contracts.mjs', import.meta.url));
    const { status, stderr: problem } = spawnSync(process.execPath, [script, '--check'], { encoding: 'utf8' });
    assert.equal(status, 0, problem);
  });
});
