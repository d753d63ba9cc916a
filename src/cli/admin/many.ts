// `sealed-prover admin many ACTION FILTERS`: one action on all requests that fit. The number that fit is said first, and is to be typed.
import { toJson as messageJson } from '@bufbuild/protobuf';
import { Requests } from '../../gen/admin/v1/requests_pb.js';
import type { Cli } from '../cli.js';
import { refusedExitCode } from './act.js';
import type { ManyOptions } from './actOptions.js';
import { callAdmin } from './callAdmin.js';
import { connection } from './connection.js';
import { filterOf } from './filterOptions.js';
import { jsonLine } from './show.js';
import { wrapped } from './table.js';

/** At 200 a second, with room (ms). */
const silenceMs = 10 * 60_000;

export const runMany = (cli: Cli, action: string, options: ManyOptions): Promise<number> =>
  cli.interruptible(async (signal) => {
    const to = { ...(await connection(cli, options, signal)), silenceMs };
    const { reason, operationId = '', count: expectedCount = 0 } = options;
    const dryRun = options.dryRun === true || expectedCount === 0;
    const change = { reason, operationId, dryRun };
    const filter = filterOf({ ...options, reason: [] });
    const answer = await callAdmin(Requests.method.applyToMany, { action, filter, change, expectedCount }, to);
    const { changed, fitting } = answer;
    if (options.json) cli.output.print(jsonLine(messageJson(Requests.method.applyToMany.output, answer) as object));
    else {
      const head = dryRun ? 'Would happen: ' : '';
      const lines = (changed?.effects ?? []).flatMap((effect, index) => wrapped(index === 0 ? head + effect : effect));
      cli.output.print(lines.join('\n'));
    }
    if (!dryRun || options.dryRun === true) return 0;
    cli.output.note(fitting === 0 ? 'Nothing was done.' : `Nothing was done. Do it with --count ${fitting}.`);
    return refusedExitCode;
  });
