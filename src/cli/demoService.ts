// A service as a child process, for as long as the demonstration lasts.
import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream, type WriteStream } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Cli, CliError } from './cli.js';

export interface DemoService {
  readonly url: string;
  readonly logPath: string;
  /** Rejects when the service ends before it is stopped. */
  readonly died: Promise<never>;
  /** Resolves when the process is gone. */
  stop(): Promise<void>;
}

/** A little more than the service gives its running calls (`--drain-timeout`, 10 s). */
const stopTimeoutMs = 15_000;
/** How much of its output is shown when a service does not start. */
const keptChars = 4_000;
/** How much of the log is held back until there is a file for it. */
const heldChars = 1_000_000;

/** Starts `serve` on a free port of this machine; resolves when it serves. `more`: words of its command line. */
export async function startDemoService(
  cli: Cli,
  {
    data,
    engine,
    attest,
    more = [],
  }: { data: string; engine: string | undefined; attest: boolean; more?: readonly string[] },
): Promise<DemoService> {
  const logPath = join(data, 'service.log');
  const entry = fileURLToPath(new URL(`../cli.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`, import.meta.url));
  const args = ['serve', '--listen', '127.0.0.1:0', '--data', data, ...(engine ? ['--engine', engine] : [])];
  if (attest) args.push('--attest', 'dev');
  args.push(...more);
  const child = spawn(process.execPath, [...process.execArgv, entry, ...args], {
    env: cli.environment as NodeJS.ProcessEnv,
    stdio: ['ignore', 'pipe', 'pipe'],
    // Its own group: Ctrl-C is for us to pass on, after we have said what happens.
    detached: true,
  });
  const stopped = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const killWithUs = () => child.kill('SIGKILL');
  process.once('exit', killWithUs);
  const url = await firstUrl(child, logPath);
  let stopping = false;
  const died = stopped.then((code) => {
    if (stopping) return new Promise<never>(() => {});
    throw new CliError('SERVICE_DIED', `The service ended with code ${code}. Its log: ${logPath}`);
  });
  // A caller that races against it sees its rejection. Without one it must not count as unhandled.
  died.catch(() => {});
  return {
    url,
    logPath,
    died,
    async stop() {
      stopping = true;
      child.kill('SIGTERM');
      const cancel = cli.clock.wakeIn(stopTimeoutMs, () => child.kill('SIGKILL'));
      await stopped;
      cancel();
      process.off('exit', killWithUs);
    },
  };
}

/** Waits for the line in which the service says where it serves; all its lines go to the log file. */
function firstUrl(child: ChildProcess, logPath: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = '';
    /** Opened when it serves: in a folder that the service refuses nothing is to be written. */
    let log: WriteStream | undefined;
    const onText = (text: string) => {
      said = (said + text).slice(-heldChars);
      const url = /https?:\/\/127\.0\.0\.1:\d+/.exec(said)?.[0];
      if (log === undefined && url !== undefined) {
        log = createWriteStream(logPath, { flags: 'a', mode: 0o600 });
        log.write(said);
        resolve(url);
      } else {
        log?.write(text);
      }
    };
    for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', onText);
    child.once('error', reject);
    child.once('close', (code) => {
      log?.end();
      reject(
        new CliError('SERVICE_FAILED', `The service did not start (code ${code}):\n${said.slice(-keptChars).trim()}`),
      );
    });
  });
}
