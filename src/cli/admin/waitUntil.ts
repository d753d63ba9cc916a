// Stays until what is looked at has come about, or the time for it has run out: for scripts, which then know it by the exit code.
import { type Cli, CliError } from '../cli.js';
import { whileRinging } from './bell.js';
import type { AdminCall } from './callAdmin.js';

export const ranOutExitCode = 7;

/** Between two looks, and when nothing happens (ms). */
const restMs = { least: 250, most: 5_000 } as const;

/**
 * Looks whenever something happens, also while the service is restarted, until `isDone` or for `waitMs` of running time. Answers what was seen
 * last. Throws CliError: what a look throws, UNREACHABLE when the service was away at the last one, and INTERRUPTED after Ctrl-C.
 */
export async function waitUntil<T>(
  cli: Pick<Cli, 'clock'>,
  to: AdminCall,
  {
    waitMs,
    look,
    isDone,
  }: { readonly waitMs: number; readonly look: (to: AdminCall) => Promise<T>; readonly isDone: (seen: T) => boolean },
): Promise<{ readonly seen: T; readonly isDone: boolean }> {
  const until = cli.clock.steady() + waitMs;
  return await whileRinging(cli, to, {}, async (bell) => {
    for (;;) {
      const left = until - cli.clock.steady();
      const seen = await look(to).catch((error: unknown) => {
        if (left > 0 && error instanceof CliError && error.code === 'UNREACHABLE') return undefined;
        throw error;
      });
      if (seen !== undefined && (isDone(seen) || left <= 0)) return { seen, isDone: isDone(seen) };
      const most = Math.max(1, Math.min(left, restMs.most));
      await bell.wait(Math.min(restMs.least, most), most);
    }
  });
}
