// The options that every command on a service shares, and the client that they make.
import type { Command } from 'commander';
import { type Client, createClient, type Retry } from '../client/client.js';
import type { Cli } from './cli.js';
import { loadClientKey } from './clientKey.js';

const defaultUrl = 'http://127.0.0.1:8080';
/** Long enough for a service that is just starting, short enough for a wrong port. */
const firstContactBudgetMs = 4_000;

export interface ServiceOptions {
  readonly url?: string;
  readonly key?: string;
}

export const withServiceOptions = (command: Command) =>
  command
    .option('--url <url>', `the service (or SEALED_URL; default ${defaultUrl})`)
    .option(
      '--key <hex>',
      'private key that signs for you (or SEALED_CLIENT_KEY; default: one of your own, made once)',
    );

export const serviceUrl = (options: ServiceOptions, cli: Cli) =>
  options.url ?? (cli.environment['SEALED_URL'] || defaultUrl);

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
  const client = createClient({ url, privateKey: key.privateKey, clock: cli.clock, signal, onRetry: retrying });
  try {
    await client.nonce({ retryBudgetMs: firstContactBudgetMs });
    return client;
  } catch (error) {
    client.close();
    throw error;
  }
}
