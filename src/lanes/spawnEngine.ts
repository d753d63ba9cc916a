// Asks the system for an engine's process, and makes one kind of all its refusals.
import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { UnstartableError } from './unstartableError.js';

type PipedProcess = ChildProcess & { stdin: Writable; stderr: Readable };

interface Command {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** Node reports some reasons by an event, some by a throw, and some by missing pipes. Throws UnstartableError for the last two. */
export function spawnEngine({ command, args, env }: Command): PipedProcess {
  let reason: unknown;
  try {
    const child = spawn(command, args, {
      env: { ...env },
      // Standard input stays open and empty. Its end shows the engine that we are gone.
      stdio: ['pipe', 'ignore', 'pipe'],
      // Its own process group: Ctrl-C in a terminal is for us alone, and a kill reaches what the engine itself has started.
      detached: true,
    });
    // Said again by an event, which would otherwise end this process.
    if (child.pid === undefined) child.on('error', () => {});
    if (hasPipes(child)) return child;
    reason = 'EMFILE';
  } catch (error) {
    reason = (error as NodeJS.ErrnoException).code ?? error;
  }
  throw new UnstartableError(`cannot be started (${reason})`);
}

const hasPipes = (child: ChildProcess): child is PipedProcess => child.stdin != null && child.stderr != null;
