// `sealed-prover admin backup`, `check` and `log-level`.
import { resolve } from 'node:path';
import { Upkeep } from '../../gen/admin/v1/upkeep_pb.js';
import type { Cli } from '../cli.js';
import { problemsExitCode } from '../data/check.js';
import { runActs } from './act.js';
import type { ActOptions } from './actOptions.js';
import { callAdmin } from './callAdmin.js';
import { type AdminOptions, connection } from './connection.js';
import { jsonLine } from './show.js';

/** What is copied or read may have terabytes (ms). */
const patience = { silenceMs: 24 * 3_600_000 };

export const runBackup = (
  cli: Cli,
  folder: string,
  options: AdminOptions & { readonly withInputs?: true },
): Promise<number> =>
  cli.interruptible(async (signal) => {
    const to = { ...(await connection(cli, options, signal)), ...patience };
    const request = { folder: to.at.isSocket ? resolve(folder) : folder, withInputs: options.withInputs === true };
    const { files, sizeBytes, openRequests, left } = await callAdmin(Upkeep.method.backup, request, to);
    if (options.json) {
      cli.output.print(jsonLine({ folder: request.folder, files, sizeBytes: Number(sizeBytes), openRequests, left }));
      return 0;
    }
    cli.output.print(`${request.folder}: ${files} files, ${sizeBytes} bytes.`);
    if (left > 0) cli.output.print(`${left} files are not in it: they went meanwhile, or are gone from the bucket.`);
    if (openRequests > 0 && !request.withInputs)
      cli.output.print(
        `${openRequests} requests are open, and their inputs are not in it: restored, those fail that still need theirs.`,
      );
    return 0;
  });

export const runLiveCheck = (cli: Cli, options: AdminOptions & { readonly deep?: true }): Promise<number> =>
  cli.interruptible(async (signal) => {
    const to = { ...(await connection(cli, options, signal)), ...patience };
    const { findings, total } = await callAdmin(Upkeep.method.check, { deep: options.deep === true }, to);
    for (const { code, id, sentence } of findings)
      cli.output.print(options.json ? jsonLine({ code, id, sentence }) : `${code} ${id}: ${sentence}`);
    if (options.json) cli.output.print(jsonLine({ problems: Number(total) }));
    else cli.output.print(total === 0n ? 'Nothing is wrong.' : `${total} things are wrong.`);
    return total === 0n ? 0 : problemsExitCode;
  });

export const runLogLevel = (
  cli: Cli,
  level: string,
  options: ActOptions & { readonly for: number },
): Promise<number> => {
  const seconds = Math.floor(options.for / 1_000);
  const span = { seconds: BigInt(seconds), nanos: (options.for - seconds * 1_000) * 1_000_000 };
  return runActs(cli, options, Upkeep.method.setLogLevel, [{ level, for: span }], { isAsked: false });
};
