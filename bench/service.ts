// The service under measurement: `serve` of the built command line in a process of its own, as a user runs it, with a probe inside.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

export interface ServiceParameters {
  /** Path of the built cli.js. */
  readonly cli: string;
  readonly engine: string;
  /** The data folder. */
  readonly data: string;
  /** Where its log goes. */
  readonly folder: string;
  readonly flags?: readonly string[];
}

/** Milliseconds, since the last reset. */
export interface Delay {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
  /** All threads. */
  readonly cpuSeconds: number;
  /** To files and sockets. */
  readonly writtenBytes: number;
}

export interface RunningServer {
  readonly host: string;
  readonly port: number;
  readonly url: string;
  readonly pid: number;
  /** Its log, as it is written. */
  readonly logPath: string;
  /** By performance.now() of this process. */
  readonly spawnedAt: number;
  readonly servingAt: number;
  resetProbe(): Promise<void>;
  readProbe(): Promise<Delay>;
  /** SIGKILL. */
  kill(): Promise<void>;
}

export interface RunningService extends RunningServer {
  /** Resolves when no lane is starting any more. */
  lanesSettled(): Promise<void>;
}

const probe = fileURLToPath(new URL('./probe.mjs', import.meta.url));
const startTimeoutMs = 60_000;
let logs = 0;

/** Resolves once it says that it serves; rejects with its log when it ends before. */
export async function startService(parameters: ServiceParameters): Promise<RunningService> {
  const { cli, engine, data, folder, flags = [] } = parameters;
  const options = ['--listen', '127.0.0.1:0', '--data', data, '--engine', engine, ...flags];
  const server = await startServer([cli, 'serve', ...options], folder);
  return {
    ...server,
    async lanesSettled() {
      for (;;) {
        const { lanes } = (await (await fetch(`${server.url}/health`)).json()) as { lanes: { state: string }[] };
        if (lanes.every(({ state }) => state !== 'starting' && state !== 'stopped')) return;
        await sleep(50);
      }
    },
  };
}

/** A program for Node that says where it serves, with the probe inside. Its log lies in `folder`. */
export async function startServer(program: readonly string[], folder: string): Promise<RunningServer> {
  const logPath = join(folder, `service-${logs++}.log`);
  const log = openSync(logPath, 'w');
  // The benchmark's own variables have the service's prefix, and unknown ones are errors.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('SEALED_')));
  const spawnedAt = performance.now();
  const child = spawn(process.execPath, ['--import', probe, ...program], { stdio: ['ignore', log, log, 'ipc'], env });
  closeSync(log);
  // However the benchmark ends, no service of its own outlives it.
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  child.once('exit', () => process.off('exit', kill));
  const url = await servingUrl(child, logPath);
  const servingAt = performance.now();
  const { hostname, port } = new URL(url);

  async function ask<T>(question: 'reset' | 'read'): Promise<T> {
    child.send(question);
    const [answer] = await once(child, 'message');
    return answer as T;
  }
  return {
    host: hostname,
    port: Number(port),
    url,
    pid: child.pid as number,
    logPath,
    spawnedAt,
    servingAt,
    resetProbe: () => ask('reset'),
    readProbe: () => ask('read'),
    async kill() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}

/** Reads the log until the line is there: a pipe would make the service wait for its reader. */
async function servingUrl(child: ChildProcess, logPath: string): Promise<string> {
  for (const startedAt = performance.now(); performance.now() - startedAt < startTimeoutMs; await sleep(1)) {
    const url = /Serving on (\S+)/.exec(readFileSync(logPath, 'utf8'))?.[1];
    if (url !== undefined) return url;
    if (child.exitCode !== null) break;
  }
  child.kill('SIGKILL');
  throw new Error(`The service did not start:\n${readFileSync(logPath, 'utf8').slice(-2_000)}`);
}
