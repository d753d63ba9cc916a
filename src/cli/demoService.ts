// A service as a child process, for as long as the demonstration lasts.
import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream, mkdirSync } from 'node:fs';
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
const keptChars = 4_000;

/** Starts `serve` on a free port of this machine; resolves when it serves. */
export async function startDemoService(
  cli: Cli,
  { data, engine }: { data: string; engine: string | undefined },
): Promise<DemoService> {
  mkdirSync(data, { recursive: true, mode: 0o700 });
  const logPath = join(data, 'service.log');
  const entry = fileURLToPath(new URL(`../cli.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`, import.meta.url));
  const args = ['serve', '--listen', '127.0.0.1:0', '--data', data, ...(engine ? ['--engine', engine] : [])];
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
  // Whoever races against it sees it; nobody has to.
  died.catch(() => {});
  return {
    url,
    logPath,
    died,
    async stop() {
      stopping = true;
      child.kill('SIGTERM');
      const cancel = cli.clock.wakeAt(cli.clock.now() + stopTimeoutMs, () => child.kill('SIGKILL'));
      await stopped;
      cancel();
      process.off('exit', killWithUs);
    },
  };
}

/** Waits for the line in which the service says where it serves; all its lines go to the log file. */
function firstUrl(child: ChildProcess, logPath: string): Promise<string> {
  const log = createWriteStream(logPath, { flags: 'a', mode: 0o600 });
  return new Promise((resolve, reject) => {
    let said = '';
    const onText = (text: string) => {
      log.write(text);
      said = (said + text).slice(-keptChars);
      const url = /https?:\/\/127\.0\.0\.1:\d+/.exec(said)?.[0];
      if (url !== undefined) resolve(url);
    };
    for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', onText);
    child.once('error', reject);
    child.once('close', (code) => {
      log.end();
      reject(new CliError('SERVICE_FAILED', `The service did not start (code ${code}):\n${said.trim()}`));
    });
  });
}
