// The commands of `sealed-prover admin`, their options and their help.
import { Argument, type Command, Option } from 'commander';
import type { Cli } from '../cli.js';
import { parseCount, parseEach, parsePort, parseTimeout, parseU64 } from '../parse.js';
import { addActs } from './actCommands.js';
import { withAdminOptions } from './connection.js';
import { addDeliveries } from './deliveryCommands.js';
import { withFilters } from './filterOptions.js';
import { addSigners } from './signerCommands.js';
import { addStored } from './storedCommands.js';
import { addUpkeep } from './upkeepCommands.js';

const help = `
It speaks to the service through a unix socket in its data folder, as the same user on the same machine; or with --admin-url and --token-file
to its port for operators, from anywhere.
An id may be given by its first 8 or more digits, or by its last 6 or more, as tables show them.

Exit codes: 0 done, 1 failed, 2 not understood, 3 not found, 4 refused or moved on, 5 not allowed, 6 not reached, 7 --wait ran out, 8 wrong data found, 130 interrupted.`;

export function addAdmin(program: Command, cli: Cli, done: (exitCode: number) => void): void {
  const admin = program
    .command('admin')
    .description('Look into a running service, and steer it: what it does, what waits, and why.')
    .addHelpText('after', help);
  const watched = (command: Command) =>
    withAdminOptions(command).option('--watch', 'look again whenever something happens, until Ctrl-C');

  watched(admin.command('status').description('The service in six lines.')).action(async (options) =>
    done(await (await import('./status.js')).runStatus(cli, options)),
  );
  withFilters(watched(admin.command('requests').description('Requests, newest first.')), 'reason')
    .option('--limit <n>', 'at most so many', parseCount, 20)
    .option('--page <token>', 'go on where an earlier list has ended, with the same filters')
    .action(async (options) => done(await (await import('./requests.js')).runRequests(cli, options)));
  watched(admin.command('request').description('Everything about one request.'))
    .argument('<id>', 'its id, or some digits of it')
    .option('--history', 'its transitions instead')
    .option('--context', 'what its machine remembers instead, as JSON')
    .addOption(
      new Option(
        '--wait <time>',
        'stay until it has ended, at most so long: 0 if fulfilled, 1 if not, 7 if it is open still',
      )
        .argParser(parseTimeout)
        .conflicts('watch'),
    )
    .action(async (id, options) => done(await (await import('./requests.js')).runRequest(cli, id, options)));
  watched(admin.command('why').description('Why a request does not move, and when it may be done.'))
    .argument('<id>', 'its id, or some digits of it')
    .action(async (id, options) => done(await (await import('./why.js')).runWhy(cli, id, options)));
  watched(admin.command('lanes').description('Engines, and what they work on.')).action(async (options) =>
    done(await (await import('./lanes.js')).runLanes(cli, options)),
  );
  withAdminOptions(admin.command('feed').description('What has happened, by its number in the feed: the last of it.'))
    .option('--after <n>', 'what came after this number', parseU64)
    .option('--follow', 'and what happens from now on, until Ctrl-C')
    .option(
      '--kind <kind>',
      'only of request, delivery, signer, lane, service or audit. May be given several times',
      parseEach,
    )
    .option(
      '--delivery-state <state>',
      'of deliveries only what comes from or to this. May be given several times',
      parseEach,
    )
    .action(async (options) => done(await (await import('./feed.js')).runFeed(cli, options)));
  watched(admin.command('queue').description('The lines in which requests wait.')).action(async (options) =>
    done(await (await import('./queue.js')).runQueue(cli, options)),
  );
  watched(admin.command('failures').description('Why requests have failed lately, by code.'))
    .option('--since <time>', 'how far to look back', parseTimeout, 86_400_000)
    .action(async (options) => done(await (await import('./failures.js')).runFailures(cli, options)));
  watched(admin.command('audit').description('Who did what, and why, newest first.'))
    .option('--since <time>', 'all of the last 24h, or of however long', parseTimeout)
    .option('--limit <n>', 'at most so many: 20, with --since 10000', parseCount)
    .option('--before <n>', 'those before this number of the feed', parseU64)
    .action(async (options) => done(await (await import('./audit.js')).runAudit(cli, options)));
  addStored(admin, cli, done);
  withAdminOptions(
    admin.command('config').description('The configuration of the service as it holds, without its secrets.'),
  )
    .option('--given', 'only what somebody has set')
    .action(async (options) => done(await (await import('./config.js')).runConfig(cli, options)));
  addDeliveries(admin, cli, done);
  withAdminOptions(
    admin
      .command('machine')
      .description('A state machine of the service: its states, what leaves them, and how many are there.'),
  )
    .addArgument(new Argument('<id>').choices(['request', 'lane', 'delivery', 'signer']))
    .option('--mermaid', 'as a drawing for Mermaid')
    .option('--dot', 'as a drawing for Graphviz')
    .option('--svg', 'as a picture')
    .action(async (id, options) => done(await (await import('./machine.js')).runMachine(cli, id, options)));
  addSigners(admin, cli, done);
  withAdminOptions(
    admin.command('call').description('Any method of the operators’ API, by its name and with its message as JSON.'),
  )
    .argument('<method>', 'for example Requests/List')
    .argument('[json]', 'its message', '{}')
    .action(async (method, json, options) =>
      done(await (await import('./call.js')).runCall(cli, method, json, options)),
    );
  addActs(admin, cli, done);
  withAdminOptions(admin.command('page').description('The same in a browser: listens on loopback until Ctrl-C.'))
    .option('--port <n>', 'of 127.0.0.1; 0 is any that is free', parsePort, 0)
    .action(async (options) => done(await (await import('./page.js')).runPage(cli, options)));
  addUpkeep(admin, cli, done);
  admin
    .command('completion')
    .description('A script that completes the words of sealed-prover in a shell, for its start file.')
    .addArgument(new Argument('<shell>').choices(['bash', 'zsh', 'fish']))
    .action(async (shell) => {
      cli.output.print((await import('./completion.js')).completionOf(program, shell));
      done(0);
    });
}
