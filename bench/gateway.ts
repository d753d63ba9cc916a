// The gateway, and attest proxy: uploads of 200 MB and status polls through each, and directly to the service by TLS, in turn. All share the
// machine.
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream, statSync } from 'node:fs';
import { type IncomingMessage, request as requestPlain } from 'node:http';
import { request as requestSecure } from 'node:https';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { type Figure, quantile } from './figures.js';
import { load } from './load.js';
import { statusMessage, statusPath } from './polls.js';
import { uploadUrl } from './sealedBodies.js';
import { type RunningService, startService } from './service.js';
import { busyEngine, dataIn, type Setting, scaled } from './setting.js';
import { megabyte, residentBytes, sampleEveryMs, writeStdin } from './uploads.js';

const part = 'attestation';
const rounds = 5;
const ways = ['direct', 'front'] as const;
type Way = (typeof ways)[number];

interface Measured {
  readonly seconds: Record<Way, number[]>;
  readonly rates: Record<Way, number[]>;
  growthBytes: number;
}

interface FrontProcess {
  readonly url: URL;
  readonly pid: number;
  kill(): void;
}

export const measureGateway = (setting: Setting): Promise<readonly Figure[]> =>
  measureFront(setting, 'the gateway', ({ host, port }) =>
    startFront(setting, [
      'gateway',
      '--host',
      'localhost',
      '--attest',
      'dev',
      '--upstream',
      `http://${host}:${port}`,
      '--data',
      dataIn(setting, 'gateway'),
    ]),
  );

export const measureProxy = (setting: Setting): Promise<readonly Figure[]> =>
  measureFront(setting, 'attest proxy', ({ host, port }, data) =>
    startFront(setting, [
      'proxy',
      `https://${host}:${port}`,
      '--insecure-dev-root',
      join(data, 'dev-root.der'),
      '--state',
      join(data, 'endpoints.json'),
    ]),
  );

async function measureFront(
  setting: Setting,
  name: string,
  start: (service: RunningService, data: string) => Promise<FrontProcess>,
): Promise<readonly Figure[]> {
  const path = writeStdin(setting);
  const { cli, folder } = setting;
  const data = dataIn(setting, `behind-${name.replace(/\W/g, '-')}`);
  const flags = ['--attest', 'dev', '--tls', 'ephemeral'];
  const service = await startService({ cli, engine: await busyEngine(setting), data, folder, flags });
  const front = await start(service, data);
  const measured: Measured = { seconds: { direct: [], front: [] }, rates: { direct: [], front: [] }, growthBytes: 0 };
  const urls: Record<Way, URL> = { direct: new URL(`https://${service.host}:${service.port}`), front: front.url };
  try {
    for (let round = 0; round <= rounds; round += 1) {
      setting.say(`attestation: ${name}, round ${round} of ${rounds}`);
      for (const way of ways) await measureOnce({ setting, service, front, path, measured, way, urls, round });
    }
  } finally {
    front.kill();
    await service.kill();
  }
  return figuresOf(name, measured, statSync(path).size);
}

interface Once {
  readonly setting: Setting;
  readonly service: RunningService;
  readonly front: FrontProcess;
  readonly path: string;
  readonly measured: Measured;
  readonly way: Way;
  readonly urls: Record<Way, URL>;
  readonly round: number;
}

/** The first round starts threads and loads code. */
async function measureOnce({ setting, service, front, path, measured, way, urls, round }: Once): Promise<void> {
  const url = await uploadUrl({ ...service, url: `http://${service.host}:${service.port}` });
  const before = residentBytes(front.pid);
  const sampling = setInterval(() => {
    if (way === 'front' && round > 0)
      measured.growthBytes = Math.max(measured.growthBytes, residentBytes(front.pid) - before);
  }, sampleEveryMs);
  const startedAt = performance.now();
  await put(new URL(`${url.pathname}${url.search}`, urls[way]), path);
  clearInterval(sampling);
  if (round > 0) measured.seconds[way].push((performance.now() - startedAt) / 1000);
  // A status of a request that is not there costs what any other does: the question is what the way costs.
  const messages = new Array<Uint8Array>(scaled(10_000, setting)).fill(statusMessage(randomBytes(32)));
  const to = { host: '127.0.0.1', port: Number(urls[way].port), isSecure: urls[way].protocol === 'https:' };
  const { latenciesMs, seconds } = await load({ ...to, path: statusPath, messages, connections: 8, inFlight: 8 });
  if (round > 0) measured.rates[way].push(latenciesMs.length / seconds);
}

function figuresOf(name: string, { seconds, rates, growthBytes }: Measured, sizeBytes: number): readonly Figure[] {
  const rateOf = (way: Way) => sizeBytes / megabyte / quantile(seconds[way], 0.5);
  const pollsOf = (way: Way) => quantile(rates[way], 0.5);
  return [
    {
      part,
      measure: `upload of 200 MB through ${name} / directly by TLS`,
      value: (100 * rateOf('front')) / rateOf('direct'),
      unit: '%',
      aim: { least: 60 },
      note: `${Math.round(rateOf('front'))} and ${Math.round(rateOf('direct'))} MB/s`,
    },
    {
      part,
      measure: `growth of the memory of ${name} by it`,
      value: growthBytes / megabyte,
      unit: 'MB',
      aim: { most: 64 },
    },
    {
      part,
      measure: `polls through ${name} / directly by TLS`,
      value: (100 * pollsOf('front')) / pollsOf('direct'),
      unit: '%',
      aim: { least: 40 },
      note: `${Math.round(pollsOf('front'))} and ${Math.round(pollsOf('direct'))} /s`,
    },
  ];
}

async function startFront({ cli }: Setting, words: readonly string[]): Promise<FrontProcess> {
  const child = spawn(process.execPath, [cli, 'attest', ...words, '--listen', '127.0.0.1:0', '--json'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const kill = () => void child.kill('SIGKILL');
  process.once('exit', kill);
  for await (const line of createInterface({ input: child.stdout })) {
    const { url } = JSON.parse(line) as { url?: string };
    if (url !== undefined) return { url: new URL(url), pid: child.pid as number, kill };
  }
  throw new Error(`attest ${words[0]} did not start`);
}

async function put(url: URL, path: string): Promise<void> {
  const headers = { 'content-length': statSync(path).size };
  const options = { method: 'PUT', headers, agent: false as const };
  const sending =
    url.protocol === 'https:'
      ? requestSecure(url, { ...options, rejectUnauthorized: false })
      : requestPlain(url, options);
  const answered = once(sending, 'response') as Promise<[IncomingMessage]>;
  await pipeline(createReadStream(path, { highWaterMark: 2 ** 18 }), sending);
  const [response] = await answered;
  await text(response);
  if (response.statusCode !== 200) throw new Error(`an upload was answered with ${response.statusCode}`);
}
