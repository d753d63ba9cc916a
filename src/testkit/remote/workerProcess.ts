// Workers as processes, for suites that start a real front.
import { spawn } from 'node:child_process';
import { type ServiceProcess, watch, withoutSettings } from '../service/serviceRig.js';
import { certificateFile } from '../testCertificates.js';

/** Options of a front that lets workers in, and proves nothing itself. */
export const frontFlags = (port: number): Readonly<Record<string, string>> => ({
  'workers-listen': `127.0.0.1:${port}`,
  'workers-ca': certificateFile('test-ca'),
  'workers-cert': certificateFile('server'),
  'workers-key': certificateFile('server', 'key'),
  'cpu-prove-lanes': '0',
});

/** `command`: arguments of node that run our command. */
export function startWorker(
  command: readonly string[],
  of: {
    readonly port: number;
    readonly engine: string;
    readonly name: string;
    readonly tmp?: string;
    readonly scratch?: string;
  },
): ServiceProcess {
  const flags = {
    front: `https://127.0.0.1:${of.port}`,
    'front-ca': certificateFile('test-ca'),
    cert: certificateFile('client'),
    key: certificateFile('client', 'key'),
    engine: of.engine,
    name: of.name,
    ...(of.scratch !== undefined && { scratch: of.scratch }),
  };
  const args = Object.entries(flags).flatMap(([flag, value]) => [`--${flag}`, value]);
  const child = spawn(process.execPath, [...command, 'work', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...withoutSettings(process.env), ...(of.tmp !== undefined && { TMPDIR: of.tmp }) },
  });
  return watch(child);
}

export const isWorking = ({ text }: { readonly text: string }) => text.startsWith('Working for');
export const hasLeased = ({ event }: { readonly event?: string }) => event === 'work.leased';
