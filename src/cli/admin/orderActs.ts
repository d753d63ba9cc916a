// `sealed-prover admin intake|dispatch pause|resume` and `admin lane ID VERB`: what holds until an operator lifts it.
import { durationFromMs } from '@bufbuild/protobuf/wkt';
import { Lanes } from '../../gen/admin/v1/lanes_pb.js';
import { Queue } from '../../gen/admin/v1/queue_pb.js';
import type { Cli } from '../cli.js';
import { runActs } from './act.js';
import type { ActOptions, IntakeOptions, LaneOptions, LaneVerb, PauseVerb, ProgramVerb } from './actOptions.js';

export const runIntake = (cli: Cli, verb: PauseVerb, options: IntakeOptions): Promise<number> =>
  verb === 'resume'
    ? runActs(cli, options, Queue.method.resumeIntake, [{}], { isAsked: false })
    : runActs(cli, options, Queue.method.pauseIntake, [{ for: durationFromMs(options.for) }], { isAsked: false });

export const runDispatch = (cli: Cli, verb: PauseVerb, options: ActOptions): Promise<number> =>
  verb === 'resume'
    ? runActs(cli, options, Queue.method.resumeDispatch, [{}], { isAsked: false })
    : runActs(cli, options, Queue.method.pauseDispatch, [{}], { isAsked: false });

export function runLane(
  cli: Cli,
  id: string,
  verb: Exclude<LaneVerb, ProgramVerb>,
  options: LaneOptions,
): Promise<number> {
  const { force = false } = options;
  const { drain, resume, start, restart, stop } = Lanes.method;
  if (verb === 'drain') return runActs(cli, options, drain, [{ id, force }], { isAsked: false });
  if (verb === 'stop') return runActs(cli, options, stop, [{ id, force }], { isAsked: true });
  if (verb === 'resume') return runActs(cli, options, resume, [{ id }], { isAsked: false });
  if (verb === 'start') return runActs(cli, options, start, [{ id }], { isAsked: false });
  return runActs(cli, options, restart, [{ id }], { isAsked: true });
}
