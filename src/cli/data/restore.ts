// `sealed-prover restore`: a backup becomes a data folder.
import { resolve } from 'node:path';
import { BackupError } from '../../service/backup/manifest.js';
import { restoreBackup } from '../../service/backup/restoreBackup.js';
import { DataFolderError } from '../../store/dataFolderPlace.js';
import { jsonLine } from '../admin/show.js';
import { type Cli, CliError } from '../cli.js';
import { problemsExitCode } from './check.js';

export async function runRestore(
  cli: Cli,
  folder: string,
  { data, json }: { readonly data: string; readonly json?: true },
): Promise<number> {
  const { manifest, problems } = await restored(cli, resolve(folder), resolve(data));
  const { openRequests, withInputs, files, madeAt } = manifest;
  const made = new Date(madeAt).toISOString();
  if (json) {
    cli.output.print(
      jsonLine({ data: resolve(data), madeAt: made, files: files.length, openRequests, withInputs, problems }),
    );
  } else {
    for (const { code, id, sentence } of problems) cli.output.print(`${code} ${id}: ${sentence}`);
    const fate = withInputs ? 'go on' : 'have no input in this backup, and fail if they still need it';
    cli.output.print(
      `Restored into ${resolve(data)}: ${files.length} files of ${made}. ${openRequests} requests were open; they ${fate}.`,
    );
    cli.output.print(problems.length === 0 ? 'Nothing is wrong in it.' : `${problems.length} things are wrong in it.`);
  }
  return problems.length === 0 ? 0 : problemsExitCode;
}

async function restored(cli: Cli, folder: string, data: string) {
  try {
    return await restoreBackup({ folder, data }, cli.clock);
  } catch (error) {
    if (error instanceof BackupError || error instanceof DataFolderError)
      throw new CliError('FOLDER_UNUSABLE', error.message, 4);
    throw error;
  }
}
