// h2load of Debian's nghttp2-client, where it is installed: a load generator that is not ours, one and the same message in every call.
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { framed } from '../src/transport/grpc/message.js';
import { runAside } from './runAside.js';
import type { RunningService } from './service.js';

export const hasH2load = (): boolean => spawnSync('h2load', ['--version']).error === undefined;

export interface H2loadParameters {
  readonly service: RunningService;
  /** `/package.Service/Method`. */
  readonly path: string;
  readonly message: Uint8Array;
  readonly calls: number;
  readonly connections: number;
  /** Calls in flight on each connection. */
  readonly inFlight: number;
  /** For its input file. */
  readonly folder: string;
}

/** Answers per second. Rejects when a call was not answered with HTTP 200. */
export async function h2load(parameters: H2loadParameters): Promise<number> {
  const { service, path, message, calls, connections, inFlight, folder } = parameters;
  const body = join(folder, 'call.grpc');
  writeFileSync(body, framed(message));
  const headers = ['-H', 'content-type: application/grpc', '-H', 'te: trailers'];
  const counts = ['-n', `${calls}`, '-c', `${connections}`, '-m', `${inFlight}`];
  const output = await runAside('h2load', [...counts, '-d', body, ...headers, `${service.url}${path}`]);
  if (!output.includes(`${calls} succeeded`)) throw new Error(`h2load: ${output}`);
  return Number(/finished in [^,]+, ([\d.]+) req\/s/.exec(output)?.[1]);
}
