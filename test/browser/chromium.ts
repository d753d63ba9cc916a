// A page of ours in Debian's chromium: it loads a module from a server on loopback, and reports one JSON value back to it.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { temporaryFolder } from '../../src/testkit/temporaryFolder.js';

const names = ['chromium', 'chromium-browser', 'google-chrome'];
const found = names.find((name) => spawnSync(name, ['--version'], { stdio: 'ignore' }).status === 0);

/** Where it lies. Throws where there is none. */
export const chromiumPath = (): string =>
  execFileSync('/bin/sh', ['-c', `command -v ${found}`], { encoding: 'utf8' }).trim();

/** A reason to skip, in the form that node:test takes. */
export const withoutChromium: string | false =
  found === undefined
    ? 'NOT RUN: there is no chromium on this machine. Install it: sudo apt-get install chromium'
    : false;

const flags = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export interface Page {
  /** By path: `/page.js`. The page imports `/page.js` and must POST its result to `/result`. */
  readonly files: ReadonlyMap<string, string | Uint8Array>;
}

const types: Readonly<Record<string, string>> = { js: 'text/javascript', json: 'application/json', html: 'text/html' };

/** Resolves with what the page has posted; rejects when the browser ends before it does. */
export async function runPage({ files }: Page): Promise<unknown> {
  const folder = temporaryFolder('chromium');
  let report: (value: unknown) => void = () => undefined;
  const reported = new Promise<unknown>((resolve) => {
    report = resolve;
  });
  const server = createServer((request, response) => {
    if (request.method === 'POST') {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        response.end();
        report(JSON.parse(Buffer.concat(chunks).toString()));
      });
      return;
    }
    const path = request.url === '/' ? '/page.html' : (request.url ?? '');
    const body =
      files.get(path) ??
      (path === '/page.html' ? '<!doctype html><script type="module" src="/page.js"></script>' : undefined);
    response.statusCode = body === undefined ? 404 : 200;
    response.setHeader('content-type', `${types[path.split('.').at(-1) ?? ''] ?? 'text/plain'}; charset=utf-8`);
    response.end(body);
  });
  await listen(server);
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const browser = spawn(found ?? '', [...flags, `--user-data-dir=${folder}`, '--remote-debugging-port=0', url], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let words = '';
  browser.stderr.on('data', (chunk: Buffer) => {
    words = `${words}${chunk}`.slice(-4_000);
  });
  const ended = new Promise<void>((resolve) => browser.once('close', () => resolve()));
  try {
    const first = await Promise.race([reported.then((value) => ({ value })), ended]);
    if (first === undefined) throw new Error(`chromium has ended before its page reported:\n${words}`);
    return first.value;
  } finally {
    browser.kill('SIGKILL');
    await ended;
    server.closeAllConnections();
    server.close();
  }
}

const listen = (server: Server) => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
