// `sealed-prover check`: looks through a data folder without its service.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { checkData } from '../../service/backup/checkData.js';
import { claimDataFolder } from '../../store/dataFolder.js';
import { DataFolderError } from '../../store/dataFolderPlace.js';
import { openStore, SchemaError } from '../../store/environment.js';
import { createLayout } from '../../storedBytes/layout.js';
import { jsonLine } from '../admin/show.js';
import { type Cli, CliError } from '../cli.js';
import { loadServeConfig } from '../serveOptions.js';

export const problemsExitCode = 8;

export async function runCheck(
  cli: Cli,
  options: { readonly data?: string; readonly config?: string; readonly deep?: true; readonly json?: true },
): Promise<number> {
  const { data } = loadServeConfig(cli, { flags: { data: options.data }, file: options.config });
  // In a folder that others use too, ours is one in it.
  if (![data, join(data, 'sealed-prover')].some((folder) => existsSync(join(folder, 'store', 'data.mdb'))))
    throw new CliError('NO_DATA', `${data} is no data folder of a service. Name one with --data.`, 2);
  let count = 0;
  await withStore(data, async (folder, store) => {
    const layout = createLayout(join(folder, 'artifacts'));
    const hasBucket = store.get('meta', 'bucket') !== undefined;
    const { turn } = cli.clock;
    for await (const problem of checkData({ store, layout, turn, isDeep: options.deep === true, hasBucket })) {
      count += 1;
      cli.output.print(options.json ? jsonLine(problem) : `${problem.code} ${problem.id}: ${problem.sentence}`);
    }
  });
  if (options.json) cli.output.print(jsonLine({ problems: count }));
  else cli.output.print(count === 0 ? `Nothing is wrong in ${data}.` : `${count} things are wrong in ${data}.`);
  return count === 0 ? 0 : problemsExitCode;
}

async function withStore(
  data: string,
  work: (folder: string, store: Awaited<ReturnType<typeof openStore>>) => Promise<void>,
): Promise<void> {
  try {
    const claim = await claimDataFolder(data);
    try {
      const store = await openStore(join(claim.path, 'store'));
      await work(claim.path, store).finally(() => store.close());
    } finally {
      await claim.release();
    }
  } catch (error) {
    if (error instanceof DataFolderError || error instanceof SchemaError)
      throw new CliError(
        'FOLDER_UNUSABLE',
        `${error.message} A service that runs is looked at with sealed-prover admin check.`,
      );
    throw error;
  }
}
