// Shows what a look at the service has found: once, or until Ctrl-C whenever the feed says that something has happened. On a terminal a look
// replaces the one before.
import { type Cli, CliError, interruptedExitCode } from '../cli.js';
import { toJson } from '../output.js';
import { Bell } from './bell.js';
import type { AdminCall } from './callAdmin.js';
import { type AdminOptions, connection } from './connection.js';
import { keepFollowing } from './followFeed.js';

/** Of every object that `--json` prints. It grows when an object changes so that older scripts cannot read it. */
const jsonVersion = 1;
/** Between two looks, however much happens. */
const leastRestMs = 250;
/** When nothing happens: ages and figures of the machine move all the same. */
const longestRestMs = 5_000;

/** What one look has found: lines for a person, objects for a script. */
export interface Look {
  readonly lines: readonly string[];
  readonly objects: readonly object[];
}

export async function show(cli: Cli, options: AdminOptions, look: (to: AdminCall) => Promise<Look>): Promise<number> {
  return await cli.interruptible(async (signal) => {
    const to = await connection(cli, options, signal);
    if (options.watch !== true) {
      const { lines, objects } = await look(to);
      if (options.json) for (const object of objects) cli.output.print(jsonLine(object));
      else if (lines.length > 0) cli.output.print(lines.join('\n'));
      return 0;
    }
    const bell = new Bell(cli, signal);
    const ring = () => bell.ring();
    const following = keepFollowing(
      cli,
      { to, after: 0n, coalesceMs: leastRestMs, progress: true, onEvent: ring },
      // Its end is seen at once, and without a feed every try of it is a look.
      ring,
    );
    let last = '';
    while (!signal.aborted) {
      const text = await textOf(look, to, options.json === true);
      if (signal.aborted) break;
      if (text !== last) cli.output.page(text);
      last = text;
      await bell.wait(leastRestMs, longestRestMs);
    }
    await following;
    return interruptedExitCode;
  });
}

/** A service that is being restarted is waited for. */
async function textOf(look: (to: AdminCall) => Promise<Look>, to: AdminCall, json: boolean): Promise<string> {
  try {
    const { lines, objects } = await look(to);
    return json ? objects.map(jsonLine).join('\n') : lines.join('\n');
  } catch (error) {
    if (!(error instanceof CliError) || error.code !== 'UNREACHABLE') throw error;
    return json ? jsonLine({ error: { code: error.code, message: error.message } }) : error.message;
  }
}

export const jsonLine = (object: object) => toJson({ v: jsonVersion, ...object });
