// Does what an operator says, or says what it would do.
import {
  type DescMessage,
  type DescMethodUnary,
  type MessageInitShape,
  toJson as messageJson,
} from '@bufbuild/protobuf';
import type { Changed } from '../../gen/admin/v1/shared_pb.js';
import { type Cli, CliError } from '../cli.js';
import type { ActOptions } from './actOptions.js';
import { callAdmin } from './callAdmin.js';
import { connection } from './connection.js';
import { jsonLine } from './show.js';
import { wrapped } from './table.js';

export const refusedExitCode = 4;

/** Calls the methods one after the other, and shows what each has done. `isAsked`: it needs `--yes`. */
export const runActs = <I extends DescMessage, O extends DescMessage>(
  cli: Cli,
  options: ActOptions,
  method: DescMethodUnary<I, O>,
  calls: readonly MessageInitShape<I>[],
  { isAsked }: { readonly isAsked: boolean },
): Promise<number> =>
  cli.interruptible(async (signal) => {
    const to = await connection(cli, options, signal);
    const isUnsure = isAsked && options.yes !== true;
    const dryRun = options.dryRun === true || isUnsure;
    const { reason, operationId = '', ifSeq: expectedSeq = 0 } = options;
    if (operationId !== '' && calls.length > 1)
      throw new CliError('NOT_UNDERSTOOD', 'An operation id is for one action: give one id with it.', 2);
    const change = { reason, operationId, dryRun, expectedSeq };
    for (const call of calls) {
      const answer = await callAdmin(method, { ...call, change } as MessageInitShape<I>, to);
      if (options.json) cli.output.print(jsonLine(messageJson(method.output, answer) as object));
      else cli.output.print(linesOf((answer as { changed?: Changed }).changed).join('\n'));
    }
    if (!isUnsure || options.dryRun === true) return 0;
    cli.output.note('Nothing was done. Do it with --yes.');
    return refusedExitCode;
  });

function linesOf(changed: Changed | undefined): string[] {
  if (changed === undefined) throw new Error('an answer that does not say what was done');
  const head = changed.applied ? '' : 'Would happen: ';
  return changed.effects.flatMap((effect, index) => wrapped(`${index === 0 ? head : ''}${effect}`, ''));
}
