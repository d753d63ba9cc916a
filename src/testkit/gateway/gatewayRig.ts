// `sealed-prover attest gateway` as a child process, with development quotes, before an upstream of the test.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { buildService } from '../service/serviceBuild.js';
import { type ServiceProcess, watch, withoutSettings } from '../service/serviceRig.js';
import { temporaryFolder } from '../temporaryFolder.js';

export interface GatewayRig extends ServiceProcess {
  /** https, by the address on which it listens. */
  readonly url: string;
  /** SHA-256 of the root that its development quotes end at (hex). */
  root(): string;
  readonly rootFile: string;
}

/** An empty flag stands for itself. */
export type GatewayFlags = Readonly<Record<string, string>>;

export function spawnGateway(t: Pick<TestContext, 'after'>, flags: GatewayFlags): ServiceProcess {
  const all = Object.entries({ host: 'localhost', listen: '127.0.0.1:0', attest: 'dev', ...flags });
  const args = all.flatMap(([name, value]) => (value === '' ? [`--${name}`] : [`--${name}`, value]));
  const child = spawn(process.execPath, [join(buildService(), 'cli.js'), 'attest', 'gateway', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: withoutSettings(process.env),
  });
  const gateway = watch(child);
  t.after(() => gateway.kill());
  return gateway;
}

/** `upstream`: its port on this machine. Resolves when it serves. */
export async function startGateway(
  t: Pick<TestContext, 'after'>,
  upstream: number,
  flags: GatewayFlags = {},
): Promise<GatewayRig> {
  const data = flags['data'] ?? temporaryFolder('gateway');
  const gateway = spawnGateway(t, { upstream: `http://127.0.0.1:${upstream}`, data, ...flags });
  const { text } = await gateway.until((line) => line.text.startsWith('Serving on'));
  const rootFile = join(data, 'dev-root.der');
  return {
    ...gateway,
    url: /https:\/\/\S+/.exec(text)?.[0] ?? '',
    rootFile,
    root: () => createHash('sha256').update(readFileSync(rootFile)).digest('hex'),
  };
}
