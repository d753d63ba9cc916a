// The commands of `sealed-prover admin` that change something.
import type { Command } from 'commander';
import type { Cli } from '../cli.js';
import { type ActOptions, withActOptions, withSeq, withYes } from './actOptions.js';

const idsHelp = 'their ids, or some digits of each';

export function addActs(admin: Command, cli: Cli, done: (exitCode: number) => void): void {
  const onRequests = (name: string, description: string) =>
    withSeq(withActOptions(admin.command(name).description(description).argument('<id...>', idsHelp)));

  withYes(onRequests('cancel', 'End requests, as their requesters could.')).action(
    async (ids: string[], options: ActOptions) =>
      done(await (await import('./requestActs.js')).runCancel(cli, ids, options)),
  );
}
