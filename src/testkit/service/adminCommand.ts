// The command line of operators at the admin socket of a world, by the world's clock.
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import type { Environment } from '../../cli/cli.js';
import { runCli } from '../../cli/runCli.js';
import type { AdminDependencies } from '../../rpc/admin/dependencies.js';
import { scriptedCli } from '../scriptedCli.js';
import type { World } from '../world/world.js';
import { startAdmin } from './adminWorld.js';

export interface AdminCommand {
  /** `sealed-prover admin WORDS`. */
  run(...words: readonly string[]): Promise<{ readonly exitCode: number; readonly out: string; readonly err: string }>;
  /** The same of one that must end with 0: what it prints. */
  shown(...words: readonly string[]): Promise<string>;
}

/** Starts the admin service of this world. */
export async function startAdminCommand(
  t: Pick<TestContext, 'after'>,
  world: World,
  { changes = {}, environment = {} }: { changes?: Partial<AdminDependencies>; environment?: Environment } = {},
): Promise<AdminCommand> {
  const to = await startAdmin(t, world, changes);
  const socket = 'path' in to ? to.path : assert.fail();
  const run: AdminCommand['run'] = async (...words) => {
    const cli = scriptedCli(environment, { clock: world.clock });
    const exitCode = await runCli(['admin', ...words, '--socket', socket], cli);
    return { exitCode, out: cli.out(), err: cli.err() };
  };
  return {
    run,
    async shown(...words) {
      const { exitCode, out, err } = await run(...words);
      assert.equal(exitCode, 0, err);
      return out;
    },
  };
}
