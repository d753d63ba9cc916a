// `sealed-prover admin page`: a browser cannot open a unix socket, so this command listens on loopback for one. Every user of the machine can
// reach that port: what is asked there must bring a key, which only the address has that is printed here.
import { createHash, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Service } from '../../gen/admin/v1/service_pb.js';
import { type Random, systemRandom } from '../../random.js';
import { isOfPage } from '../../rpc/admin/page/pagePaths.js';
import { type Cli, CliError, interruptedExitCode } from '../cli.js';
import { callAdmin, reasonOf, unreached } from './callAdmin.js';
import { type AdminOptions, connection } from './connection.js';
import type { Place } from './place.js';
import { jsonLine } from './show.js';

export interface PageOptions extends AdminOptions {
  readonly port: number;
}

/** Nobody guesses it. */
const tokenBytes = 32;
/** As much as the service takes of a call. */
const mostBytes = 64 * 1024;
/** Of what a browser sends, this goes on to the service. */
const passedOn = ['content-type', 'content-length', 'accept', 'last-event-id'];

export const runPage = (cli: Cli, options: PageOptions): Promise<number> =>
  cli.interruptible(async (signal) => {
    const to = await connection(cli, options, signal);
    // Somebody who has named the wrong folder is told so here, and not by a page.
    await callAdmin(Service.method.status, {}, to);
    const { url, server } = await openPage({ ...to, port: options.port, random: systemRandom });
    // Not handed to a browser from here: the arguments of a process are for everybody to read.
    if (options.json) cli.output.print(jsonLine({ url }));
    else cli.output.print(`${url}\n`);
    cli.output.note(
      'Open this address in a browser on this machine. It is a key to the service until Ctrl-C ends this command.',
    );
    if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    return interruptedExitCode;
  });

export interface OpenPageParameters {
  readonly at: Place;
  /** Who the service is told that acts. */
  readonly operator: string;
  /** 0: any that is free. */
  readonly port: number;
  readonly random: Random;
}

/** Listens on loopback, for whoever has the address that it answers. Throws CliError PORT_TAKEN. */
export async function openPage({
  at,
  operator,
  port,
  random,
}: OpenPageParameters): Promise<{ url: string; server: Server }> {
  const token = Buffer.from(random.bytes(tokenBytes)).toString('base64url');
  const server = createServer((request, response) => {
    const { port: own } = server.address() as AddressInfo;
    const refusal = refusalOf(request, own, token);
    if (refusal === undefined) void forward(request, response, { at, operator });
    else answer(response, ...refusal);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        new CliError(
          'PORT_TAKEN',
          `Port ${port} of 127.0.0.1 cannot be listened on (${reasonOf(error)}). Choose another with --port.`,
        ),
      ),
    );
    server.listen(port, '127.0.0.1', resolve);
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/#t=${token}`, server };
}

type Refusal = readonly [status: number, code: string, message: string];

/** Undefined: it goes on to the service. */
function refusalOf({ method, url = '', headers }: IncomingMessage, port: number, token: string): Refusal | undefined {
  // A name of somebody else's that leads to loopback is how strange pages come here (DNS rebinding).
  if (![`127.0.0.1:${port}`, `localhost:${port}`].includes(headers.host ?? ''))
    return [
      421,
      'invalid_argument',
      'This listener has another name. Open the address that `sealed-prover admin page` has printed.',
    ];
  const site = headers['sec-fetch-site'];
  const path = url.split('?')[0] ?? '';
  if ((method === 'GET' || method === 'HEAD') && isOfPage(path)) return undefined;
  if (site !== undefined && site !== 'same-origin')
    return [403, 'permission_denied', 'Another site may ask nothing here.'];
  const given = /^Bearer ([\w-]+)$/.exec(headers.authorization ?? '')?.[1] ?? '';
  if (timingSafeEqual(digest(given), digest(token))) return undefined;
  return [
    401,
    'unauthenticated',
    'The key is missing or of another run. Open the address that `sealed-prover admin page` has printed.',
  ];
}

const digest = (text: string) => createHash('sha256').update(text).digest();

function answer(response: ServerResponse, status: number, code: string, message: string): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(JSON.stringify({ code, message }));
}

/** Undefined: it is too long, or was broken off. */
async function bodyOf(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      length += chunk.byteLength;
      if (length > mostBytes) return undefined;
      chunks.push(chunk);
    }
  } catch {
    return undefined;
  }
  return Buffer.concat(chunks);
}

async function forward(
  request: IncomingMessage,
  response: ServerResponse,
  { at, operator }: Pick<OpenPageParameters, 'at' | 'operator'>,
): Promise<void> {
  const body = await bodyOf(request);
  if (body === undefined || response.closed) return void response.destroy();
  const headers = Object.fromEntries(
    passedOn.flatMap((name) => (request.headers[name] === undefined ? [] : [[name, request.headers[name]]])),
  );
  const onward = at.request(
    { path: request.url, method: request.method, headers: { ...headers, 'x-sealed-operator': operator } },
    (arrived) => {
      // How its connection is kept is between the service and this command.
      const { connection: _, 'keep-alive': __, ...own } = arrived.headers;
      response.writeHead(arrived.statusCode ?? 502, own);
      arrived.on('error', () => response.destroy());
      arrived.pipe(response);
    },
  );
  onward.on('error', (error) => {
    if (response.headersSent) response.destroy();
    else answer(response, 503, 'unavailable', unreached(reasonOf(error), at).message);
  });
  // A feed ends when its tab does.
  response.on('close', () => onward.destroy());
  // At once: the service answers and closes as soon as it has the body. What is written after that, be it nothing, fails, and the answer with it.
  onward.end(body.byteLength === 0 ? undefined : body);
}
