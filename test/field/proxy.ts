// A proxy of the field in front of a service: nginx or HAProxy as its documentation has it, with a certificate of the tests, on a free
// port of this machine.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { holdingClock } from '../../src/clock.js';
import { freePort } from '../../src/testkit/freePort.js';
import { temporaryFolder } from '../../src/testkit/temporaryFolder.js';
import { certificateFile } from '../../src/testkit/testCertificates.js';
import { toolEnvironment } from './tools.js';

export interface FieldProxy {
  /** Of its side with TLS, by the name that the certificate is for. */
  readonly url: string;
  readonly port: number;
  /** What it has written: for a failing test. */
  output(): string;
  end(): Promise<void>;
}

/** What a configuration is made of. */
export interface Places {
  readonly folder: string;
  /** Where the proxy listens with TLS. */
  readonly port: number;
  /** Certificate and key, apart and in one file. */
  readonly cert: string;
  readonly key: string;
  readonly both: string;
}

/** A proxy listens within milliseconds; on a busy machine within this (ms). */
const listensWithinMs = 60_000;
const lookAgainMs = 20;

export async function startNginx(configOf: (places: Places) => string): Promise<FieldProxy> {
  return start(configOf, (file, folder) => [
    'nginx',
    '-c',
    file,
    '-p',
    folder,
    '-g',
    'daemon off; error_log stderr info;',
  ]);
}

export async function startHaproxy(configOf: (places: Places) => string): Promise<FieldProxy> {
  return start(configOf, (file) => ['haproxy', '-db', '-f', file]);
}

async function start(
  configOf: (places: Places) => string,
  commandOf: (file: string, folder: string) => [string, ...string[]],
): Promise<FieldProxy> {
  const folder = temporaryFolder('proxy');
  for (const name of ['body', 'proxy', 'grpc', 'other']) mkdirSync(join(folder, name));
  const [cert, key, both] = [certificateFile('server'), certificateFile('server', 'key'), join(folder, 'both.pem')];
  writeFileSync(both, readFileSync(cert, 'utf8') + readFileSync(key, 'utf8'), { mode: 0o600 });
  const port = await freePort();
  const file = join(folder, 'configuration');
  writeFileSync(file, configOf({ folder, port, cert, key, both }));
  const [command, ...args] = commandOf(file, folder);
  const child = spawn(command, args, { env: toolEnvironment, stdio: ['ignore', 'pipe', 'pipe'] });
  const closed = once(child, 'close');
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  await listening(port, child, () => output);
  return {
    url: `https://localhost:${port}`,
    port,
    output: () => output,
    async end() {
      child.kill('SIGTERM');
      await closed;
    },
  };
}

/** Asked again and again: a proxy does not say when it is ready. */
async function listening(port: number, child: ChildProcess, output: () => string): Promise<void> {
  const givesUpAt = holdingClock.steady() + listensWithinMs;
  for (;;) {
    if (child.exitCode !== null || holdingClock.steady() > givesUpAt)
      throw new Error(`the proxy does not run: ${output()}`);
    const socket = connect(port, '127.0.0.1');
    const isOpen = await new Promise<boolean>((resolve) =>
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false)),
    );
    socket.destroy();
    if (isOpen) return;
    await new Promise<void>((resolve) => holdingClock.wakeIn(lookAgainMs, resolve));
  }
}

const page = readFileSync(new URL('../../docs/behind-a-proxy.md', import.meta.url), 'utf8');

/** The configuration in docs/behind-a-proxy.md, with the places of a test for those of a machine. */
function fromDocs(language: 'nginx' | 'haproxy', target: string, { port, cert, key, both }: Places): string {
  const [, block] = new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``).exec(page) ?? [];
  if (block === undefined) throw new Error(`docs/behind-a-proxy.md has no configuration of ${language}`);
  return block
    .replaceAll('127.0.0.1:8080', target)
    .replace(/listen 443 /, `listen 127.0.0.1:${port} `)
    .replace(/bind :443 /, `bind 127.0.0.1:${port} `)
    .replace('/etc/ssl/prover.pem', cert)
    .replace('/etc/ssl/prover-key.pem', key)
    .replace('/etc/ssl/prover-with-key.pem', both);
}

export const nginxOfDocs = (target: string) => (places: Places) => nginxFile(places, fromDocs('nginx', target, places));
export const haproxyOfDocs = (target: string) => (places: Places) => fromDocs('haproxy', target, places);

/** What belongs around the `server` of nginx. */
const nginxFile = ({ folder }: Places, server: string): string => `
worker_processes 1;
pid ${folder}/pid;
events { worker_connections 256; }
http {
  access_log off;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/other;
  uwsgi_temp_path ${folder}/other;
  scgi_temp_path ${folder}/other;
${server}
}
`;

/** The whole file of nginx around what its `server` holds. */
export const nginxConfig = (locations: string) => (places: Places) =>
  nginxFile(
    places,
    `
  server {
    listen 127.0.0.1:${places.port} ssl http2;
    server_name localhost;
    ssl_certificate ${places.cert};
    ssl_certificate_key ${places.key};
    client_max_body_size 0;
    proxy_request_buffering off;
    proxy_buffering off;
    proxy_http_version 1.1;
${locations}
  }`,
  );

/** `headers`: the lines that describe a call's client to the service. */
export const nginxFor = (target: string, headers: string) =>
  nginxConfig(`
    location / {
      grpc_pass grpc://${target};
${headers}
    }
    location ~ ^/(artifacts|requests|health) {
      proxy_pass http://${target};
      proxy_set_header Host $host:$server_port;
      proxy_set_header X-Forwarded-Proto $scheme;
    }
`);

/** `headers`: the lines that describe the client to the service. */
export const haproxyFor =
  (target: string, headers: string) =>
  ({ port, both }: Places): string =>
    `
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
frontend prover
  bind 127.0.0.1:${port} ssl crt ${both} alpn h2,http/1.1
${headers}
  default_backend prover
backend prover
  server prover ${target} proto h2
`;
