// One engine as a child process: started, listened to, killed, and asked afterwards what it died of.
import { type ChildProcess, spawn } from 'node:child_process';
import { type Failure, fail } from '../../errors.js';
import type { LaneId } from '../../ids.js';
import type { Log } from '../../log.js';
import { countOomKills, residentBytes, saysOutOfMemory } from './engineProcessMemory.js';
import { readLines } from './engineProcessOutput.js';

/** What to start; made from a lane's configuration by `engineProcessLaunch.ts`. */
export interface Launch {
  readonly command: string;
  readonly args: readonly string[];
  /** The whole environment: nothing is inherited, so that no secret of ours reaches an engine by accident. */
  readonly env: Readonly<Record<string, string>>;
  readonly socketPath: string;
  /** Its output may be logged. sp1-gpu-server prints what the guest prints, and that may be the secret itself. */
  readonly isDiscreet: boolean;
}

export interface EngineExit {
  /** For example `exit code 134` or `signal SIGSEGV`. */
  readonly detail: string;
  readonly isOutOfMemory: boolean;
}

export interface EngineProcess {
  /** Fulfilled when the process is gone; never for an engine that is not ours to manage. Never rejects. */
  readonly exited: Promise<EngineExit>;
  /** Ends the process and whatever it started, by SIGKILL: an engine keeps nothing that would need a farewell. Resolves when it is gone. */
  kill(): Promise<void>;
  /** Memory that it holds now; 0 when that cannot be read. */
  residentBytes(): Promise<number>;
  /** Its end is no longer waited for. */
  abandon(): void;
}

/** How many of an engine's last lines go to the log with the news of its death. */
const linesKept = 8;

/**
 * Starts an engine from the main thread: the kernel ends the child with the *thread* that started it (PR_SET_PDEATHSIG).
 * A command that cannot be started at all shows as an exit.
 */
export async function startEngineProcess(launch: Launch, laneId: LaneId, log: Log): Promise<EngineProcess> {
  const oomKillsBefore = await countOomKills('/');
  const child = spawn(launch.command, launch.args, {
    env: { ...launch.env },
    // Standard input stays open and empty: its end tells the engine that we are gone.
    stdio: ['pipe', 'ignore', 'pipe'],
    // Its own process group: Ctrl-C in a terminal is for us alone, and a kill reaches what the engine itself has started.
    detached: true,
  });
  let isKilled = false;
  let sawOutOfMemory = false;
  const lastLines: string[] = [];
  readLines(child.stderr, (line) => {
    sawOutOfMemory ||= saysOutOfMemory(line);
    if (!launch.isDiscreet) return;
    if (lastLines.push(line) > linesKept) lastLines.shift();
    log.debug({ event: 'engine.output', laneId, line }, 'engine output');
  });

  function closePipes() {
    child.stdin.destroy();
    child.stderr.destroy();
  }

  async function ended(): Promise<EngineExit> {
    const detail = await endOf(child);
    // A grandchild may hold the other end of these pipes; we are done with them.
    closePipes();
    if (isKilled) return { detail, isOutOfMemory: false };
    const isOutOfMemory =
      sawOutOfMemory || (detail === 'signal SIGKILL' && (await countOomKills('/')) > oomKillsBefore);
    log.warn(
      { event: 'engine.exited', laneId, pid: child.pid, detail, isOutOfMemory, lastLines },
      `engine ended: ${detail}`,
    );
    return { detail, isOutOfMemory };
  }
  const exited = ended();
  log.info(
    { event: 'engine.started', laneId, pid: child.pid, socketPath: launch.socketPath },
    'engine process started',
  );

  return {
    exited,
    async kill() {
      if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) {
        isKilled = true;
        killGroup(child.pid);
      }
      await exited;
    },
    residentBytes: () => residentBytes('/', child.pid),
    abandon() {
      closePipes();
      child.unref();
    },
  };
}

/** The failure that a lane reports for an engine that has ended. `blame`: it was working on the job. */
export function failureOfExit({ detail, isOutOfMemory }: EngineExit, laneId: LaneId, blame: boolean): Failure {
  return isOutOfMemory ? fail('OUT_OF_MEMORY', { laneId }) : fail('ENGINE_LOST', { laneId, detail, blame });
}

function endOf(child: ChildProcess): Promise<string> {
  // Writing to the pipe of a process that has just died is no error of ours.
  child.stdin?.on('error', () => {});
  return new Promise((resolve) => {
    // 'error' alone means that it never ran; after a failed kill it says nothing about the end.
    child.once('error', (error: NodeJS.ErrnoException) => {
      if (child.pid === undefined) resolve(`cannot be started (${error.code ?? error.message})`);
    });
    child.once('exit', (code, signal) => resolve(signal === null ? `exit code ${code}` : `signal ${signal}`));
  });
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // ESRCH: it has just ended by itself, and 'exit' will say so.
  }
}
