// Shows what a look at the service has found: once, or until Ctrl-C whenever the feed says that something has happened. On a terminal a look
// replaces the one before.
import { type Cli, CliError, interruptedExitCode } from '../cli.js';
import { jsonVersion, toJson } from '../output.js';
import { whileRinging } from './bell.js';
import type { AdminCall } from './callAdmin.js';
import { type AdminOptions, connection } from './connection.js';

/** Between two looks, however much happens. */
const leastRestMs = 250;
/** When nothing happens: ages and figures of the machine move all the same. */
const longestRestMs = 5_000;

/** What one look has found: lines for a person, objects for a script. */
export interface Look {
  readonly lines: readonly string[];
  readonly objects: readonly object[];
  /** Which of the lines is the heading of a table. To who reads a pipe it is said once. */
  readonly headingAt?: number | undefined;
}

export async function show(cli: Cli, options: AdminOptions, look: (to: AdminCall) => Promise<Look>): Promise<number> {
  return await cli.interruptible(async (signal) => {
    const to = await connection(cli, options, signal);
    if (options.watch !== true) {
      printLook(cli, options, await look(to));
      return 0;
    }
    let last = '';
    let isHeaded = false;
    await whileRinging(cli, to, { coalesceMs: leastRestMs, progress: true }, async (bell) => {
      while (!signal.aborted) {
        const seen = await seenBy(look, to);
        if (signal.aborted) return;
        const text = textOf(seen, options, isHeaded && !cli.output.redraws);
        if (text !== last) cli.output.page(text);
        last = text;
        isHeaded ||= seen.headingAt !== undefined;
        await bell.wait(leastRestMs, longestRestMs);
      }
    });
    return interruptedExitCode;
  });
}

export function printLook({ output }: Cli, { json }: AdminOptions, { lines, objects }: Look): void {
  if (json) for (const object of objects) output.print(jsonLine(object));
  else if (lines.length > 0) output.print(lines.join('\n'));
}

function textOf({ lines, objects, headingAt }: Look, { json }: AdminOptions, isHeaded: boolean): string {
  if (json) return objects.map(jsonLine).join('\n');
  return (isHeaded ? lines.filter((_, index) => index !== headingAt) : lines).join('\n');
}

/** A service that is being restarted is waited for. */
async function seenBy(look: (to: AdminCall) => Promise<Look>, to: AdminCall): Promise<Look> {
  try {
    return await look(to);
  } catch (error) {
    if (!(error instanceof CliError) || (error.code !== 'UNREACHABLE' && !to.signal.aborted)) throw error;
    return { lines: [error.message], objects: [{ error: { code: error.code, message: error.message } }] };
  }
}

export const jsonLine = (object: object) => toJson({ v: jsonVersion, ...object });
