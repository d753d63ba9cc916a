// `sealed-prover attest …` for tests: files of its own, a cache of its own, and the verdict as an object.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Verdict } from '../../attestation/verify/attestation.js';
import { runCli } from '../../cli/runCli.js';
import type { Clock } from '../../clock.js';
import { scriptedCli } from '../scriptedCli.js';
import { temporaryFolder } from '../temporaryFolder.js';

export interface AttestRun {
  readonly exitCode: number;
  readonly out: string;
  readonly err: string;
}

export interface AttestVerdict extends Verdict {
  readonly exitCode: number;
  /** `check CODE` of what failed. */
  readonly codes: readonly string[];
}

export interface AttestCli {
  readonly folder: string;
  write(content: string | Uint8Array): string;
  run(...words: readonly string[]): Promise<AttestRun>;
  /** Of `attest verify` with these words. */
  verdict(...words: readonly string[]): Promise<AttestVerdict>;
}

export function attestCli({ clock }: { clock?: Clock } = {}): AttestCli {
  const folder = temporaryFolder('attest');
  let files = 0;
  const run: AttestCli['run'] = async (...words) => {
    const cli = scriptedCli({ XDG_CACHE_HOME: folder, XDG_STATE_HOME: folder }, clock && { clock });
    const exitCode = await runCli(['attest', ...words], cli);
    assert.doesNotMatch(cli.err(), /should not have happened|\n\s+at |undefined/, words.join(' '));
    return { exitCode, out: cli.out(), err: cli.err() };
  };
  return {
    folder,
    run,
    write(content) {
      const path = join(folder, `file-${files++}`);
      writeFileSync(path, content);
      return path;
    },
    async verdict(...words) {
      const { exitCode, out, err } = await run('verify', ...words, '--json');
      assert.equal(err, '');
      const verdict = JSON.parse(out) as Verdict;
      const codes = verdict.checks.flatMap((check) => (check.status === 'fail' ? [`${check.id} ${check.code}`] : []));
      return { ...verdict, exitCode, codes };
    },
  };
}
