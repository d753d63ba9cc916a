// One engine as a child process: started, listened to, killed. Afterwards it says what the process died of.
import type { ChildProcess } from 'node:child_process';
import { setImmediate as loopTurn } from 'node:timers/promises';
import type { Failure } from '../failures/catalog.js';
import { fail } from '../failures/fail.js';
import type { LaneId } from '../ids.js';
import type { Log } from '../log.js';
import { countOomKills, residentBytes, saysOutOfMemory } from './engineProcessMemory.js';
import { readLines } from './engineProcessOutput.js';
import { spawnEngine } from './spawnEngine.js';

/** What to start; made from a lane's configuration by `engineProcessLaunch.ts`. */
export interface Launch {
  readonly command: string;
  readonly args: readonly string[];
  /** The whole environment: nothing is inherited, so that no secret of ours reaches an engine by accident. */
  readonly env: Readonly<Record<string, string>>;
  readonly socketPath: string;
  /** Where it keeps what it executes for its guests. */
  readonly partsFolder: string;
  /** Its output may be logged. sp1-gpu-server prints what the guest prints, and that may be the secret itself. */
  readonly isDiscreet: boolean;
}

export interface EngineExit {
  /** For example `exit code 134` or `signal SIGSEGV`. */
  readonly detail: string;
  /** What it said last, if it ended before it was given an input. */
  readonly lastLine?: string;
  readonly isOutOfMemory: boolean;
}

export interface EngineProcess {
  /** Resolves when the process is gone, and never for an engine that is not ours to manage. Never rejects. */
  readonly exited: Promise<EngineExit>;
  /** Ends the process and whatever it started, by SIGKILL: an engine keeps nothing that would need a farewell. Resolves when it is gone. */
  kill(): Promise<void>;
  /** Memory that it holds now, or 0 when that cannot be read. */
  residentBytes(): number;
  /** It is about to get an input. What it prints from now on may be part of that, so `lastLine` is gone. */
  keepToItself(): void;
  /** Its end is no longer waited for. */
  abandon(): void;
}

/** How many of an engine's last lines go to the log with the news of its death. */
const linesKept = 8;
/** Turns of the loop in which the rest of its output is read: it lies in the pipe when the process is gone, 64 KB at most. */
const turnsToRead = 4;
/** Colours and other orders to a terminal, which this line may be shown on. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is to go
const controls = /\u001b\[[0-9;]*[A-Za-z]|[\u0000-\u001f\u007f-\u009f\ufffd]/g;
const maxLastLine = 200;

/**
 * Starts an engine from the main thread: the kernel ends the child with the *thread* that started it (PR_SET_PDEATHSIG).
 * A command that cannot be started at all shows as an exit.
 */
export async function startEngineProcess(launch: Launch, laneId: LaneId, log: Log): Promise<EngineProcess> {
  const oomKillsBefore = await countOomKills('/');
  const child = spawnEngine(launch);
  let isKilled = false;
  let sawOutOfMemory = false;
  const lastLines: string[] = [];
  let lastLine: string | undefined = '';
  readLines(child.stderr, (line) => {
    sawOutOfMemory ||= saysOutOfMemory(line);
    if (lastLine !== undefined) lastLine = line.replace(controls, '').trim().slice(0, maxLastLine) || lastLine;
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
    for (let turn = 0; turn < turnsToRead && !child.stderr.readableEnded; turn += 1) await loopTurn();
    // A grandchild may hold the other end of these pipes. We are done with them.
    closePipes();
    if (isKilled) return { detail, isOutOfMemory: false };
    const isOutOfMemory =
      sawOutOfMemory || (detail === 'signal SIGKILL' && (await countOomKills('/')) > oomKillsBefore);
    log.warn(
      { event: 'engine.exited', laneId, pid: child.pid, detail, isOutOfMemory, lastLines },
      `engine ended: ${detail}`,
    );
    return { detail, isOutOfMemory, ...(lastLine && { lastLine }) };
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
    keepToItself() {
      lastLine = undefined;
    },
    abandon() {
      closePipes();
      child.unref();
    },
  };
}

/** The failure that a lane reports for an engine that has ended. `blame`: it was working on the job. */
export function failureOfExit(exit: EngineExit, laneId: LaneId, blame: boolean): Failure {
  if (exit.isOutOfMemory) return fail('OUT_OF_MEMORY', { laneId });
  const detail = exit.lastLine === undefined ? exit.detail : `${exit.detail}, its last words: ${exit.lastLine}`;
  return fail('ENGINE_LOST', { laneId, detail, blame });
}

function endOf(child: ChildProcess): Promise<string> {
  // Writing to the pipe of a process that has just died is no error of ours.
  child.stdin?.on('error', () => {});
  return new Promise((resolve) => {
    // 'error' alone means that it never ran. After a failed kill it says nothing about the end.
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
