// Guests that end oddly, on the real engine: what no verifier would accept ends after the execution, with its reason.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { cliArguments, required, runToEnd } from '../../src/testkit/service/realService.js';

interface Report {
  readonly ok: boolean;
  readonly cause?: string;
  readonly reason: string;
  readonly exitCode?: number;
}

const execute = async (guest: string, ...more: string[]): Promise<string> => {
  const program = ['--program', `test/engine/guests/${guest}.elf`, '--engine', required('SEALED_ENGINE')];
  return (await runToEnd(process.execPath, cliArguments('execute', ...program, ...more))).output;
};
const reportOf = async (guest: string, ...more: string[]) =>
  JSON.parse(await execute(guest, '--json', ...more)) as Report;

/** Two buffers, for the guests that read. */
const inputs = ['--u32', '20', '--u32', '21'];

describe('a guest whose proof no verifier would accept fails when it is executed', () => {
  const refused = {
    claims_proofs: /claims to have verified proofs, and its input holds none/,
    other_values: /another digest than that of the public values/,
    commits_twice: /two digests/,
    nothing_committed: /never committed to its public values/,
    silent_on_proofs: /without COMMIT_DEFERRED_PROOFS/,
    input_over_program: /memory that belongs to its program/,
    input_over_input: /memory that it had used before/,
  };
  for (const [guest, reason] of Object.entries(refused)) {
    it(guest, async () => {
      const report = await reportOf(guest, ...inputs);
      assert.deepEqual([report.ok, report.cause, report.exitCode], [false, 'INVALID_SYSCALL_USAGE', undefined]);
      assert.match(report.reason, reason);
      const text = await execute(guest, ...inputs);
      assert.match(text, /^FAILED: INVALID_SYSCALL_USAGE/);
      assert.match(text, reason);
      assert.doesNotMatch(text, /Exit code/);
    });
  }

  it('and one that commits by BLAKE3 does not', async () => {
    const report = await reportOf('blake3');
    assert.deepEqual([report.ok, report.exitCode], [true, 0]);
  });
});

describe('exit codes are shown as the guest gave them', () => {
  for (const [guest, exitCode] of [
    ['wide_exit_code', 2 ** 32],
    ['exit_code_minus_1', -1],
    ['exit_code_3', 3],
  ] as const) {
    it(guest, async () => {
      const report = await reportOf(guest);
      assert.deepEqual([report.ok, report.cause], [false, 'HALT_WITH_NON_ZERO_EXIT_CODE']);
      assert.equal(report.exitCode, exitCode);
      const text = await execute(guest);
      assert.ok(text.includes(`Exit code      ${exitCode}\n`), text);
      assert.equal(/input is missing or is not what it reads/.test(text), exitCode === 3);
    });
  }
});
