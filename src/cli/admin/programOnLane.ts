// `sealed-prover admin lane ID set-up|forget HASH`: a program on a lane, ahead of its jobs. It stays until the lane is done with it.
import { toJson as messageJson } from '@bufbuild/protobuf';
import { Lanes, type Preparation, PreparationSchema } from '../../gen/admin/v1/lanes_pb.js';
import { pause } from '../../pause.js';
import { type Cli, interruptedExitCode } from '../cli.js';
import { runActs } from './act.js';
import type { LaneOptions, ProgramVerb } from './actOptions.js';
import { callAdmin } from './callAdmin.js';
import { connection } from './connection.js';
import { preparedIn } from './lanes.js';
import { jsonLine } from './show.js';
import { wrapped } from './table.js';
import { ranOutExitCode } from './waitUntil.js';

/** Between two looks. */
const restMs = 500;
const failedExitCode = 1;

export interface ProgramOnLane {
  readonly id: string;
  readonly verb: ProgramVerb;
  readonly program: string;
}

export async function runProgramOnLane(cli: Cli, asked: ProgramOnLane, options: LaneOptions): Promise<number> {
  const { id, verb, program: vkHash } = asked;
  const exitCode =
    verb === 'set-up'
      ? await runActs(cli, options, Lanes.method.setUp, [{ id, vkHash }], { isAsked: false })
      : await runActs(cli, options, Lanes.method.forget, [{ id, vkHash }], { isAsked: false });
  if (exitCode !== 0 || options.dryRun === true || options.detach === true) return exitCode;
  return cli.interruptible((signal) => follow(cli, asked, options, signal));
}

async function follow(
  cli: Cli,
  { id, verb }: ProgramOnLane,
  options: LaneOptions,
  signal: AbortSignal,
): Promise<number> {
  const to = await connection(cli, options, signal);
  const until = cli.clock.steady() + (options.wait ?? Number.POSITIVE_INFINITY);
  let seen: Preparation | undefined;
  let said = '';
  while (!signal.aborted) {
    const { lane } = await callAdmin(Lanes.method.get, { id }, to);
    const preparation = lane?.preparation;
    if (preparation === undefined || preparation.what !== verb || preparation.digest !== (seen ?? preparation).digest) {
      cli.output.note(`Lane ${id} tells nothing of it any more, so what came of it is not known: see its log.`);
      return failedExitCode;
    }
    seen = preparation;
    const { isUnderWay, failure, progress } = preparation;
    if (!isUnderWay) {
      if (options.json)
        cli.output.print(jsonLine({ preparation: messageJson(PreparationSchema, preparation) as object }));
      else cli.output.print(wrapped(`Lane ${id}: ${preparedIn(preparation)}`, '').join('\n'));
      return failure === undefined ? 0 : failedExitCode;
    }
    const text = progress?.stage ?? '';
    if (text !== said && !options.json) cli.output.note(`Lane ${id}: ${text}`);
    said = text;
    if (cli.clock.steady() >= until) return ranOutExitCode;
    await pause(cli.clock, restMs, signal);
  }
  return interruptedExitCode;
}
