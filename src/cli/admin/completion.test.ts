// The script is run by the shell that it is for; of the others only what it says is looked at.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { scriptedCli } from '../../testkit/scriptedCli.js';
import { runCli } from '../runCli.js';

async function scriptFor(shell: string): Promise<string> {
  const cli = scriptedCli({});
  assert.equal(await runCli(['admin', 'completion', shell], cli), 0);
  return cli.out();
}

describe('completion', () => {
  it('gives bash the commands and options that fit where one is', async () => {
    const script = await scriptFor('bash');
    const offered = (...words: string[]) => {
      const typed = words.map((word) => `'${word}'`).join(' ');
      const ask = `COMP_WORDS=(sealed-prover ${typed}); COMP_CWORD=${words.length}; _sealed_prover; echo "\${COMPREPLY[@]}"`;
      return execFileSync('bash', ['-c', `${script}\n${ask}`], { encoding: 'utf8' })
        .trim()
        .split(' ');
    };
    assert.deepEqual(offered('ad'), ['admin']);
    assert.deepEqual(offered('admin', 'sta'), ['status']);
    assert.deepEqual(offered('admin', 'requests', '--fail'), ['--failure']);
    assert.deepEqual(offered('admin', 'requests', '--state', 'proving', '--la'), ['--lane']);
    assert.deepEqual(offered('admin', 'lane', 'cpu-prove-0', 'set'), ['set-up']);
    assert.deepEqual(offered('admin', 'lane', 'gpu-0', 'dr'), ['drain']);
    assert.deepEqual(offered('admin', 'dispatch', 'p'), ['pause']);
    assert.deepEqual(offered('admin', 'machine', 're'), ['request']);
    assert.ok(offered('admin', 'backup', '--').includes('--with-inputs'));
  });

  it('names each command for fish and zsh, and no other shell', async () => {
    assert.match(
      await scriptFor('fish'),
      /-n '__fish_seen_subcommand_from admin; and __fish_seen_subcommand_from backup' -l with-inputs/,
    );
    assert.match(await scriptFor('zsh'), /^autoload -U \+X compinit[\s\S]*"admin why"\) words="/);
    const cli = scriptedCli({});
    assert.equal(await runCli(['admin', 'completion', 'csh'], cli), 2);
  });
});
