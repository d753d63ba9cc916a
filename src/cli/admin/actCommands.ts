// The commands of `sealed-prover admin` that change something.
import { Argument, type Command } from 'commander';
import { type Cli, CliError } from '../cli.js';
import { parseCount, parseMoment, parseTimeout } from '../parse.js';
import {
  type ActOptions,
  assertReason,
  assertTargets,
  type IntakeOptions,
  type LaneOptions,
  type LaneVerb,
  laneVerbs,
  type ManyOptions,
  type MaybeActOptions,
  manyActions,
  type OnRequestsOptions,
  type PauseVerb,
  type ProgramVerb,
  pauseVerbs,
  withActOptions,
  withMaybeActOptions,
  withSeq,
  withYes,
} from './actOptions.js';
import { withAdminOptions } from './connection.js';
import { withFilters } from './filterOptions.js';

const idsHelp = 'their ids, or some digits of each';

/** What is done to requests by their ids, or to all that fit. */
const requestActs = [
  ['cancel', 'End requests, as their requesters could.', true],
  ['retry-now', 'End the pauses between two tries of requests.', false],
  ['retry', 'Let held requests go on where they failed.', false],
  ['give-up', 'Let held requests fail.', true],
  ['release', 'Go on with requests that a bug has set aside.', true],
] as const;

export function addActs(admin: Command, cli: Cli, done: (exitCode: number) => void): void {
  for (const [name, description, isAsked] of requestActs) {
    const command = withSeq(
      withFilters(withActOptions(admin.command(name).description(description)), 'waits-for')
        .argument('[id...]', idsHelp)
        .option('--all-matching', 'all open requests that fit the filters, in place of ids')
        .option('--count <n>', 'so many fit: without it, it is only said how many do', parseCount),
    );
    (isAsked ? withYes(command) : command).action(async (ids: string[], options: OnRequestsOptions) => {
      assertTargets(ids, options);
      if (options.allMatching) return done(await (await import('./many.js')).runMany(cli, name, options));
      done(await (await import('./requestActs.js')).runOnRequests(cli, name, ids, options, isAsked));
    });
  }
  withFilters(
    withActOptions(admin.command('many').description('One action on all open requests that fit.')),
    'waits-for',
  )
    .addArgument(new Argument('<action>', 'what to do to each').choices(manyActions))
    .option('--count <n>', 'so many fit: without it, it is only said how many do', parseCount)
    .action(async (action: string, options: ManyOptions) =>
      done(await (await import('./many.js')).runMany(cli, action, options)),
    );
  withSeq(withActOptions(admin.command('deadline').description('Move the deadline of a request.')))
    .argument('<id>', 'its id, or some digits of it')
    .argument('<time>', 'the deadline, as 2026-12-01T08:00:00Z', parseMoment)
    .action(async (id: string, at: number, options: ActOptions) =>
      done(await (await import('./requestActs.js')).runDeadline(cli, id, at, options)),
    );
  withSeq(withActOptions(admin.command('priority').description('Let a request wait before or behind others.')))
    .argument('<id>', 'its id, or some digits of it')
    .argument('<priority>', 'first, normal or last')
    .action(async (id: string, priority: string, options: ActOptions) =>
      done(await (await import('./requestActs.js')).runPriority(cli, id, priority, options)),
    );

  const pausing = (name: string, description: string) =>
    withActOptions(
      admin
        .command(name)
        .description(description)
        .addArgument(new Argument('<verb>', 'what to do').choices(pauseVerbs)),
    );
  pausing('intake', 'Refuse new requests for a while, or take them again.')
    .option('--for <time>', 'a pause lifts itself after so long', parseTimeout, halfAnHourMs)
    .action(async (verb: PauseVerb, options: IntakeOptions) =>
      done(await (await import('./orderActs.js')).runIntake(cli, verb, options)),
    );
  pausing('dispatch', 'Give lanes nothing new until it is resumed.').action(
    async (verb: PauseVerb, options: ActOptions) =>
      done(await (await import('./orderActs.js')).runDispatch(cli, verb, options)),
  );

  withYes(
    withMaybeActOptions(
      withAdminOptions(
        admin
          .command('lane')
          .description('Show a lane, drain, resume, restart, stop or start it, or set a program up or free one on it.'),
      ),
    ),
  )
    .argument('<id>', 'its name')
    .addArgument(new Argument('[verb]', 'what to do').choices(laneVerbs))
    .argument('[program]', 'of set-up and forget: the hash of its key, or some digits of it')
    .option('--force', 'also when it is the last lane for some work')
    .option('--detach', 'of set-up and forget: do not wait until it is done')
    .option(
      '--wait <time>',
      'stay until its job has ended, it takes jobs, or its program is set up; exit code 7 when so long was not enough',
      parseTimeout,
    )
    .action(
      async (
        id: string,
        verb: LaneVerb | undefined,
        program: string | undefined,
        options: MaybeActOptions & Pick<LaneOptions, 'force' | 'detach' | 'wait'>,
      ) => {
        if (verb === undefined) return done(await (await import('./lanes.js')).runLaneShown(cli, id, options));
        const call = laneCall(verb, program);
        assertReason(options);
        if ('program' in call)
          return done(await (await import('./programOnLane.js')).runProgramOnLane(cli, { id, ...call }, options));
        done(await (await import('./orderActs.js')).runLane(cli, id, call.verb, options));
      },
    );
}

type LaneCall =
  | { readonly verb: ProgramVerb; readonly program: string }
  | { readonly verb: Exclude<LaneVerb, ProgramVerb> };

/** Throws a CliError where a program is missing, or is one too many. */
function laneCall(verb: LaneVerb, program: string | undefined): LaneCall {
  if (verb === 'set-up' || verb === 'forget') {
    if (program !== undefined) return { verb, program };
    throw new CliError('NOT_UNDERSTOOD', `Name the program, as in: admin lane ID ${verb} HASH.`, 2);
  }
  if (program === undefined) return { verb };
  throw new CliError('NOT_UNDERSTOOD', `Nothing stands behind ${verb}: only set-up and forget are of a program.`, 2);
}

const halfAnHourMs = 30 * 60_000;
