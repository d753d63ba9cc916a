// `sealed-prover health`: asks the service that runs by this configuration whether it serves. For health checks of containers.
import { readFileSync } from 'node:fs';
import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { Config } from '../config/load.js';
import { type Cli, CliError } from './cli.js';
import { toJson } from './output.js';
import { loadServeConfig, readServeWords, type ServeWords } from './serveOptions.js';

export interface HealthOptions extends ServeWords {
  /** Whether the service answers at all is enough: also one that is starting, stopping or has no prover is alive. */
  readonly alive: boolean;
  readonly json: boolean;
}

/** Below the 20 s of the image's health check, so that a silent service is reported as one. */
const silenceMs = 15_000;
const longestAnswerBytes = 65_536;
/** In a container, the command line of what it runs. Options that were given there are in no environment and in no file. */
const mainProcess = '/proc/1/cmdline';

/** Resolves with 0 when it serves. Throws CliError, always with exit code 1: Docker reserves 2. */
export async function runHealth(cli: Cli, options: HealthOptions, commandLine = mainProcess): Promise<number> {
  const url = urlOf(configOf(cli, options, readServeWords(readWords(commandLine))));
  const { status, facts } = await cli.interruptible((signal) => ask(url, cli, signal));
  const serves = status === 200 && facts !== undefined;
  if (facts === undefined) {
    throw new CliError('NOT_OURS', `Something else than this service answers at ${url} (HTTP ${status}).`);
  }
  if (!serves && !options.alive) {
    const why = typeof facts['reason'] === 'string' ? `: ${facts['reason']}` : '.';
    throw new CliError('NOT_SERVING', `The service at ${url} is ${String(facts['state'])} and takes no requests${why}`);
  }
  cli.output.print(options.json ? toJson({ url, ...facts }) : `${serves ? 'Serving' : 'Alive'}: ${url}`);
  return 0;
}

function readWords(commandLine: string): string[] {
  try {
    return readFileSync(commandLine, 'utf8').split('\0').slice(0, -1);
  } catch {
    // No Linux, or it may not be looked at: then flags, environment and file are all there is.
    return [];
  }
}

function configOf(cli: Cli, { flags, file }: ServeWords, running: ServeWords | undefined): Config {
  try {
    return loadServeConfig(cli, { flags: { ...running?.flags, ...flags }, file: file ?? running?.file });
  } catch (error) {
    if (error instanceof CliError) throw new CliError(error.code, error.message);
    throw error;
  }
}

/** The service's own port from its own machine. */
function urlOf({ listen, tlsCert }: Config): string {
  if (listen.port === 0) {
    throw new CliError(
      'PORT_UNKNOWN',
      'Port 0 is a free one that only the service knows. Give it a port with --listen.',
    );
  }
  const host = { '0.0.0.0': '127.0.0.1', '::': '::1' }[listen.host] ?? listen.host;
  const scheme = tlsCert === undefined ? 'http' : 'https';
  return `${scheme}://${host.includes(':') ? `[${host}]` : host}:${listen.port}/health`;
}

interface Answer {
  readonly status: number;
  /** What our service says of itself; undefined when it was not ours. */
  readonly facts: Readonly<Record<string, unknown>> | undefined;
}

function ask(url: string, { clock }: Cli, signal: AbortSignal): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const fail = (reason: string) => {
      cancelTimer();
      request.destroy();
      reject(new CliError('UNREACHABLE', `Nothing answers at ${url} (${reason}). Is the service running there?`));
    };
    // The certificate is for the name that clients use, not for this address. Nothing secret is sent, and the answer is
    // trusted only as a sign of life.
    const send = url.startsWith('https:') ? requestHttps : requestHttp;
    const request = send(url, { rejectUnauthorized: false, agent: false, signal }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
        if (text.length > longestAnswerBytes) fail('its answer has no end');
      });
      response.on('error', (error) => fail(reasonOf(error)));
      response.on('end', () => {
        cancelTimer();
        resolve({ status: response.statusCode ?? 0, facts: factsIn(text) });
      });
    });
    const cancelTimer = clock.wakeIn(silenceMs, () => fail(`silent for ${silenceMs / 1000} s`));
    request.on('error', (error) => fail(reasonOf(error)));
    request.end();
  });
}

const reasonOf = (error: NodeJS.ErrnoException) => error.code ?? error.message;

function factsIn(text: string): Answer['facts'] {
  try {
    const found = JSON.parse(text) as Record<string, unknown> | null;
    return typeof found?.['serving'] === 'boolean' ? found : undefined;
  } catch {
    return undefined;
  }
}
