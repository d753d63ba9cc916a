// `sealed-prover admin intake|dispatch pause|resume` and `admin lane ID VERB`: what holds until an operator lifts it.
import { durationFromMs } from '@bufbuild/protobuf/wkt';
import { type Lane, Lanes } from '../../gen/admin/v1/lanes_pb.js';
import { Queue } from '../../gen/admin/v1/queue_pb.js';
import type { Cli } from '../cli.js';
import { runActs } from './act.js';
import type { ActOptions, IntakeOptions, LaneOptions, LaneVerb, PauseVerb, ProgramVerb } from './actOptions.js';
import { callAdmin } from './callAdmin.js';
import { connection } from './connection.js';
import { isAble } from './lanes.js';
import { ranOutExitCode, waitUntil } from './waitUntil.js';

export const runIntake = (cli: Cli, verb: PauseVerb, options: IntakeOptions): Promise<number> =>
  verb === 'resume'
    ? runActs(cli, options, Queue.method.resumeIntake, [{}], { isAsked: false })
    : runActs(cli, options, Queue.method.pauseIntake, [{ for: durationFromMs(options.for) }], { isAsked: false });

export const runDispatch = (cli: Cli, verb: PauseVerb, options: ActOptions): Promise<number> =>
  verb === 'resume'
    ? runActs(cli, options, Queue.method.resumeDispatch, [{}], { isAsked: false })
    : runActs(cli, options, Queue.method.pauseDispatch, [{}], { isAsked: false });

type OwnVerb = Exclude<LaneVerb, ProgramVerb>;

/** With `--wait` it stays until nothing runs on a drained lane, or a started one takes jobs. */
export async function runLane(cli: Cli, id: string, verb: OwnVerb, options: LaneOptions): Promise<number> {
  const exitCode = await actOnLane(cli, id, verb, options);
  const { wait } = options;
  if (exitCode !== 0 || wait === undefined || options.dryRun === true) return exitCode;
  return cli.interruptible(async (signal) => {
    const to = await connection(cli, options, signal);
    const look = async () => (await callAdmin(Lanes.method.get, { id }, to)).lane;
    const isDone = (lane: Lane | undefined) =>
      lane !== undefined && (verb === 'drain' || verb === 'stop' ? lane.current === undefined : isAble(lane));
    const waited = await waitUntil(cli, to, { waitMs: wait, look, isDone });
    cli.output.note(`${id} is ${waited.seen?.state}${waited.seen?.current === undefined ? '' : ', with its job'}.`);
    return waited.isDone ? 0 : ranOutExitCode;
  });
}

function actOnLane(cli: Cli, id: string, verb: OwnVerb, options: LaneOptions): Promise<number> {
  const { force = false } = options;
  const { drain, resume, start, restart, stop } = Lanes.method;
  if (verb === 'drain') return runActs(cli, options, drain, [{ id, force }], { isAsked: false });
  if (verb === 'stop') return runActs(cli, options, stop, [{ id, force }], { isAsked: true });
  if (verb === 'resume') return runActs(cli, options, resume, [{ id }], { isAsked: false });
  if (verb === 'start') return runActs(cli, options, start, [{ id }], { isAsked: false });
  return runActs(cli, options, restart, [{ id }], { isAsked: true });
}
