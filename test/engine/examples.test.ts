// Every example does what its README promises, on the real engine.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { cliArguments, required, runToEnd } from '../../src/testkit/service/realService.js';

interface Example {
  readonly name: string;
  readonly elf: string;
  readonly elfSha256: string;
  readonly inputFile: string | null;
  readonly expectedPublicValues: string;
  readonly expectedExitCode: number | null;
  readonly expectedFailureCause: string | null;
  readonly cycles: number | null;
  readonly cycleLimit?: number;
}

interface Report {
  readonly ok: boolean;
  readonly cause?: string;
  readonly exitCode: number;
  readonly cycles: string;
  readonly publicValues: string;
}

const manifests = readdirSync('examples', { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && readdirSync(`examples/${entry.name}`).includes('example.json'))
  .map((entry) => JSON.parse(readFileSync(`examples/${entry.name}/example.json`, 'utf8')) as Example);

async function execute(example: Example, cycleLimit: number | undefined): Promise<Report> {
  const folder = `examples/${example.name}`;
  const input = example.inputFile === null ? [] : ['--stdin-file', `${folder}/${example.inputFile}`];
  const limit = cycleLimit === undefined ? [] : ['--cycle-limit', `${cycleLimit}`];
  const args = cliArguments(
    'execute',
    '--program',
    `${folder}/${example.elf}`,
    '--engine',
    required('SEALED_ENGINE'),
    '--json',
    ...input,
    ...limit,
  );
  return JSON.parse((await runToEnd(process.execPath, args)).output) as Report;
}

describe('examples', () => {
  it('are all here', () => {
    assert.deepEqual(manifests.map(({ name }) => name).sort(), ['ballast', 'fibonacci', 'panic', 'preimage', 'spin']);
  });

  for (const example of manifests) {
    it(`${example.name}: the committed ELF gives the promised result`, async () => {
      const elf = readFileSync(`examples/${example.name}/${example.elf}`);
      assert.equal(createHash('sha256').update(elf).digest('hex'), example.elfSha256);
      const report = await execute(example, example.cycleLimit);
      assert.equal(report.cause ?? null, example.expectedFailureCause);
      assert.equal(report.publicValues, example.expectedPublicValues);
      if (example.expectedExitCode !== null) assert.equal(report.exitCode, example.expectedExitCode);
      if (example.cycles !== null) assert.equal(report.cycles, `${example.cycles}`);
    });
  }

  it('fail with EXCEEDED_CYCLE_LIMIT one cycle below what they need, and succeed with exactly that', async () => {
    const fibonacci = manifests.find(({ name }) => name === 'fibonacci') as Example;
    const cycles = fibonacci.cycles as number;
    assert.equal((await execute(fibonacci, cycles - 1)).cause, 'EXCEEDED_CYCLE_LIMIT');
    assert.equal((await execute(fibonacci, cycles)).ok, true);
  });
});
