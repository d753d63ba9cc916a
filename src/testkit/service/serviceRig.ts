// The real service as a child process, with a fake engine, on a data folder that outlives it: started, killed and started again.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { holdingClock } from '../../clock.js';
import type { FakeScript } from '../engine/fakeEngineScript.js';
import { freePort } from '../freePort.js';
import { buildService } from './serviceBuild.js';

export interface ServiceRigOptions {
  /** What every engine does; `changeScript` replaces it for engines that start later. */
  readonly script?: FakeScript;
  /** Options of `serve`, by flag without dashes. An empty one stands for itself. */
  readonly flags?: Readonly<Record<string, string>>;
  /** Variables beside those of the person who runs the tests. */
  readonly environment?: Readonly<Record<string, string>>;
  /** The data folder; by default a new one. */
  readonly data?: string;
}

/** One line of the service's log, parsed; `text` for the lines that are for people. */
export interface LogLine {
  readonly text: string;
  readonly event?: string;
  /** When it was written, in the form of ISO 8601. */
  readonly at?: string;
  readonly requestId?: string;
  readonly laneId?: string;
  /** Of a request or a lane: the state it has left. */
  readonly from?: string;
  /** Of a request or a lane: the state it has come to. */
  readonly to?: string;
}

export interface ServiceProcess {
  readonly child: ChildProcess;
  /** Everything it has written so far. */
  readonly lines: readonly LogLine[];
  /** The first line that fits, of those written already or to come. Rejects with the log when the process ends before, or in time. */
  until(fits: (line: LogLine) => boolean): Promise<LogLine>;
  /** Called with each line from now on. */
  onLine(listener: (line: LogLine) => void): void;
  readonly exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  /** kill -9, and waits for the end. */
  kill(): Promise<void>;
  /** SIGTERM. Answers the exit code. */
  stop(): Promise<number | null>;
}

export interface ServiceRig {
  readonly url: string;
  readonly port: number;
  readonly data: string;
  readonly folder: string;
  /** Where the service makes its temporary files. */
  readonly runFolder: string;
  changeScript(script: FakeScript): void;
  /** Starts it without waiting. */
  spawn(flags?: Readonly<Record<string, string>>): ServiceProcess;
  /** Starts it with all three standard streams closed, as `serve <&- >&- 2>&-` does. */
  spawnWithoutStreams(): ChildProcess;
  /** Starts it and waits until it says that it serves. */
  serve(flags?: Readonly<Record<string, string>>): Promise<ServiceProcess>;
  /** Command lines of this rig's engines that are running now. */
  engines(): string[];
  /** Resolves when no engine of this rig runs any more. */
  enginesGone(): Promise<void>;
  /** Kills what still runs and removes the folder. */
  end(): Promise<void>;
}

/** Engines die by themselves within milliseconds. More than this is an orphan (ms). */
const orphanAfterMs = 60_000;
const lookAgainMs = 20;
/** What a test waits for comes within a second or two, and on a busy machine within this (ms). */
const lineWithinMs = 180_000;

export async function createServiceRig(options: ServiceRigOptions = {}): Promise<ServiceRig> {
  const build = buildService();
  const folder = mkdtempSync(join(tmpdir(), 'svc-'));
  // Engines' sockets come here, and go with the rig: kill -9 leaves them behind.
  const runFolder = join(folder, 't');
  mkdirSync(runFolder);
  const data = options.data ?? join(folder, 'data');
  // Kept over restarts, so that clients find the service again.
  const port = await freePort();
  const engine = join(folder, 'fake-engine');
  const scriptFile = join(folder, 'script.json');
  const main = join(build, 'testkit/engine/fakeEngine.main.js');
  // `exec`: the lane's signals reach Node itself, not a shell in front of it.
  writeFileSync(engine, `#!/bin/sh\nexec '${process.execPath}' '${main}' --script '${scriptFile}' "$@"\n`);
  chmodSync(engine, 0o700);
  const changeScript = (script: FakeScript) => writeFileSync(scriptFile, JSON.stringify(script));
  changeScript(options.script ?? {});
  const running = new Set<ServiceProcess>();

  const environment = () => ({ ...withoutSettings(process.env), ...options.environment, TMPDIR: runFolder });

  function argsOf(flags: Readonly<Record<string, string>>): string[] {
    const all = { listen: `127.0.0.1:${port}`, data, engine, ...options.flags, ...flags };
    const args = Object.entries(all).flatMap(([name, value]) => (value === '' ? [`--${name}`] : [`--${name}`, value]));
    return [join(build, 'cli.js'), 'serve', ...args];
  }

  function start(flags: Readonly<Record<string, string>> = {}): ServiceProcess {
    const child = spawn(process.execPath, argsOf(flags), {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: environment(),
    });
    const service = watch(child);
    running.add(service);
    void service.exited.then(() => running.delete(service));
    return service;
  }

  return {
    url: `http://127.0.0.1:${port}`,
    port,
    data,
    folder,
    runFolder,
    changeScript,
    spawn: start,
    spawnWithoutStreams: () =>
      spawn('/bin/sh', ['-c', 'exec "$0" "$@" <&- >&- 2>&-', process.execPath, ...argsOf({})], {
        stdio: 'ignore',
        env: environment(),
      }),
    async serve(flags) {
      const service = start(flags);
      await service.until(({ text }) => text.startsWith('Serving on'));
      return service;
    },
    engines: () => commandLines().filter((line) => line.includes(scriptFile)),
    async enginesGone() {
      const givesUpAt = holdingClock.steady() + orphanAfterMs;
      // Checked again and again: only a parent gets notice from the system that a process has ended.
      while (commandLines().some((line) => line.includes(scriptFile))) {
        if (holdingClock.steady() > givesUpAt) throw new Error('an engine has outlived its service');
        await new Promise<void>((resolve) => holdingClock.wakeIn(lookAgainMs, resolve));
      }
    },
    async end() {
      await Promise.all([...running].map((service) => service.kill()));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The person who runs the tests may have settings of a service. These suites bring their own. */
export const withoutSettings = (env: NodeJS.ProcessEnv) =>
  Object.fromEntries(Object.entries(env).filter(([name]) => !/^(SEALED|OTEL)_/.test(name)));

/** A process of ours that writes lines. */
export function watch(child: ChildProcess): ServiceProcess {
  const lines: LogLine[] = [];
  const news = new EventEmitter().setMaxListeners(0);
  for (const stream of [child.stdout, child.stderr]) {
    let rest = '';
    stream?.setEncoding('utf8').on('data', (chunk: string) => {
      const parts = (rest + chunk).split('\n');
      rest = parts.pop() ?? '';
      for (const text of parts) {
        const line = parseLine(text);
        lines.push(line);
        news.emit('line', line);
      }
    });
  }
  // `close` comes after the last line, `exit` may come before it.
  const exited = once(child, 'close').then(([code, signal]) => {
    news.emit('end');
    return { code: code as number | null, signal: signal as NodeJS.Signals | null };
  });
  let ended = false;
  void exited.then(() => {
    ended = true;
  });
  return {
    child,
    lines,
    exited,
    onLine: (listener) => void news.on('line', listener),
    until: (fits) =>
      new Promise((resolve, reject) => {
        const found = lines.find(fits);
        if (found !== undefined) return resolve(found);
        const settle = (line: LogLine | undefined) => {
          cancel();
          news.off('line', look).off('end', gone);
          if (line === undefined) reject(new Error(`no such line:\n${lines.map(({ text }) => text).join('\n')}`));
          else resolve(line);
        };
        const gone = () => settle(undefined);
        const look = (line: LogLine) => {
          if (fits(line)) settle(line);
        };
        const cancel = holdingClock.wakeIn(ended ? 0 : lineWithinMs, gone);
        news.on('line', look).once('end', gone);
      }),
    async kill() {
      child.kill('SIGKILL');
      await exited;
    },
    async stop() {
      child.kill('SIGTERM');
      return (await exited).code;
    },
  };
}

function parseLine(text: string): LogLine {
  if (!text.startsWith('{')) return { text };
  try {
    return { ...(JSON.parse(text) as object), text };
  } catch {
    // Cut short by a kill.
    return { text };
  }
}

/** Of all processes. A zombie has none. */
function commandLines(): string[] {
  if (process.platform !== 'linux') return execFileSync('ps', ['-axo', 'args='], { encoding: 'utf8' }).split('\n');
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
      } catch {
        // It ended between the two looks.
        return '';
      }
    });
}
