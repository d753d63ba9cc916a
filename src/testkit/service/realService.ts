// The service as a user starts it, as a child process with the real engine, for the suites that make real proofs.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { freePort } from '../freePort.js';
import { temporaryFolder } from '../temporaryFolder.js';

export interface RealService {
  readonly url: string;
  readonly folder: string;
  readonly child: ChildProcess;
  /** SIGKILL, as a power failure. Resolves when it is gone. */
  kill(): Promise<void>;
  /** SIGTERM. Resolves with the exit code. */
  stop(): Promise<number | null>;
  /** Another life on the same folder and port. */
  again(): Promise<RealService>;
}

const checkout = fileURLToPath(new URL('../../..', import.meta.url));

/** Arguments of node that run our command from its sources. */
export const cliArguments = (...args: string[]): string[] => [
  '--import',
  'tsx',
  join(checkout, 'src', 'cli.ts'),
  ...args,
];

/** The suites that need these fail without them. They are never left out silently. `npm test` sets them. */
export function required(name: 'SEALED_ENGINE' | 'CONFORMANCE_CLIENT' | 'TEE_CLIENT'): string {
  const path = process.env[name];
  if (!path) throw new Error(`${name} is not set: run this suite through npm test, which builds it`);
  return path;
}

/** Resolves when it serves. `flags`: words of its command line. What it says goes to this process's standard error, so that a failing run can be read. */
export async function startRealService(
  flags: readonly string[] = [],
  folder = temporaryFolder('real'),
  port?: number,
): Promise<RealService> {
  const engine = required('SEALED_ENGINE');
  const chosen = port ?? (await freePort());
  const url = `http://127.0.0.1:${chosen}`;
  const args = ['serve', '--listen', `127.0.0.1:${chosen}`, '--data', folder, '--engine', engine, ...flags];
  const child = spawn(process.execPath, cliArguments(...args), {
    cwd: checkout,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const gone = once(child, 'exit');
  const isServing = new Promise<void>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream as NodeJS.ReadableStream }).on('line', (line) => {
        process.stderr.write(`service: ${line}\n`);
        if (/^serving /i.test(line)) resolve();
      });
    }
    void gone.then(([code]) => reject(new Error(`the service ended with ${code} before it served`)));
  });
  await isServing;
  const end = async (signal: NodeJS.Signals) => {
    child.kill(signal);
    const [code] = (await gone) as [number | null];
    return code;
  };
  return {
    url,
    folder,
    child,
    kill: async () => void (await end('SIGKILL')),
    stop: () => end('SIGTERM'),
    again: () => startRealService(flags, folder, chosen),
  };
}

/** A child's whole standard output and its exit code. Its standard error goes to ours. `env` is added to our own. */
export async function runToEnd(
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<{ code: number | null; output: string }> {
  const stdio = ['ignore', 'pipe', 'inherit'] as const;
  const child = spawn(command, args, { cwd: checkout, stdio: [...stdio], env: { ...process.env, ...env } });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, output };
}
