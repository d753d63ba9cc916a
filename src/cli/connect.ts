// The options that every command on a service shares, and the client that they make.
import { existsSync, readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { type Client, ClientError, type ClientParameters, createClient, type Retry } from '../client/client.js';
import { fileProblem } from '../fileProblem.js';
import { type Cli, CliError } from './cli.js';
import { type ClientKey, loadClientKey } from './clientKey.js';

const defaultUrl = 'http://127.0.0.1:8080';
/** Long enough for a service that is just starting, short enough for a wrong port. */
const firstContactBudgetMs = 4_000;

export interface ServiceOptions {
  readonly url?: string;
  readonly key?: string;
  readonly token?: string;
  readonly tokenFile?: string;
}

export const withServiceOptions = (command: Command) =>
  command
    .option('--url <url>', `the service (or SEALED_URL; default ${defaultUrl})`)
    .option('--key <hex>', 'private key that signs for you (or SEALED_CLIENT_KEY; default: one of your own, made once)')
    .option('--token <token>', 'what a service that asks for tokens gave you (or SEALED_TOKEN)')
    .option('--token-file <file>', 'a file that holds it, read for each call: it may be replaced while you wait');

export const serviceUrl = (options: ServiceOptions, cli: Cli) =>
  options.url ?? (cli.environment['SEALED_URL'] || defaultUrl);

/** The bearer token for every call, if there is one. */
function clientToken(options: Pick<ServiceOptions, 'token' | 'tokenFile'>, cli: Cli): Pick<ClientParameters, 'token'> {
  const { token = cli.environment['SEALED_TOKEN'] ?? '', tokenFile } = options;
  if (tokenFile !== undefined) return { token: () => readToken(tokenFile) };
  // An empty --token is a variable of a script that was not set; an empty variable of the environment is none.
  return token || options.token !== undefined ? { token } : {};
}

function readToken(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (error) {
    throw new CliError('TOKEN_UNREADABLE', `The token file ${path} cannot be read: ${fileProblem(error)}.`);
  }
}

/** A client, after the service has answered once: a wrong port is an error now and not after minutes of work. */
export async function connect(
  cli: Cli,
  options: ServiceOptions,
  { signal, onRetry }: { signal: AbortSignal; onRetry?: (retry: Retry) => void },
): Promise<Client> {
  const key = loadClientKey(options.key, cli.environment);
  if (key.madeAt !== undefined) cli.output.note(`Made you a key: ${key.madeAt}. It is your name to the service.`);
  const url = serviceUrl(options, cli);
  const retrying = onRetry ?? (() => cli.output.draw(`… ${url} does not answer, trying again`));
  const client = clientOf(key, {
    url,
    privateKey: key.privateKey,
    ...clientToken(options, cli),
    clock: cli.clock,
    environment: cli.environment,
    signal,
    onRetry: retrying,
  });
  try {
    await client.nonce({ retryBudgetMs: firstContactBudgetMs });
    return client;
  } catch (error) {
    client.close();
    throw error;
  }
}

/** A key that is none is named by its source: there are three of them. */
function clientOf({ from, privateKey }: ClientKey, parameters: ClientParameters): Client {
  try {
    return createClient(parameters);
  } catch (error) {
    if (!(error instanceof ClientError) || error.failure.code !== 'KEY_INVALID') throw error;
    const isPath = from === '--key' && privateKey !== '' && existsSync(privateKey);
    const problem = isPath ? 'This takes the key itself, not the name of a file.' : error.message;
    throw new CliError('KEY_INVALID', `${from}: ${problem}`);
  }
}
