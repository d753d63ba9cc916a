// Where the service is asked: at its admin socket, which is found as `serve` finds its data folder, or by a URL.
import { readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { createSecureContext } from 'node:tls';
import type { Command } from 'commander';
import { fileProblem } from '../../fileProblem.js';
import { printable } from '../../printable.js';
import { type Cli, CliError, usageExitCode } from '../cli.js';
import type { AdminCall } from './callAdmin.js';
import { type Credentials, type Place, parseAdminUrl, portAt, socketAt } from './place.js';

export interface AdminOptions {
  readonly socket?: string;
  readonly adminUrl?: string;
  readonly tokenFile?: string;
  readonly certFile?: string;
  readonly keyFile?: string;
  readonly caFile?: string;
  readonly data?: string;
  readonly config?: string;
  readonly json?: true;
  readonly fullIds?: true;
  readonly utc?: true;
  readonly watch?: true;
}

export const withAdminOptions = (command: Command) =>
  command
    .option(
      '--socket <path>',
      'the admin socket of the service (or SEALED_ADMIN; default: admin.sock in its data folder)',
    )
    .option('--admin-url <url>', 'its port for operators instead, on whatever machine (or SEALED_ADMIN)')
    .option('--token-file <file>', 'the token of the operator who calls there')
    .option(
      '--cert-file <file>',
      'a client certificate of the operator, with its chain (PEM), beside a token or in its place',
    )
    .option('--key-file <file>', 'the key of that certificate (PEM)')
    .option(
      '--ca-file <file>',
      'who vouches for the certificate of the service (PEM; default: whom this machine trusts)',
    )
    .option('--data <dir>', 'the data folder of the service, as serve was given it (or SEALED_DATA)')
    .option('--config <file>', 'the configuration file of the service, if that names them')
    .option('--full-ids', 'ids in whole, in lines as long as that takes')
    .option('--utc', 'moments in UTC, with a Z, in place of the time of this machine')
    .option('--json', 'JSON objects, a line each');

/** Throws CliError. */
export async function connection(cli: Cli, options: AdminOptions, signal: AbortSignal): Promise<AdminCall> {
  const at = await placeOf(cli, options);
  return { at, clock: cli.clock, signal, operator: loginName(cli.environment) };
}

async function placeOf(cli: Cli, options: AdminOptions): Promise<Place> {
  const { socket, adminUrl, data, config } = options;
  if (socket !== undefined && adminUrl !== undefined)
    throw new CliError('TWO_PLACES', 'Give --socket or --admin-url: a service is asked at one of them.', usageExitCode);
  const variable = cli.environment['SEALED_ADMIN'] || undefined;
  const isUrl = socket === undefined && /^https?:/i.test(variable ?? '');
  const given = adminUrl ?? (isUrl ? variable : undefined);
  if (given === undefined) return socketAt(socket ?? variable ?? (await configured(cli, data, config)));
  const url = parseAdminUrl(given);
  return portAt(url, credentialsOf(url, options));
}

function credentialsOf(url: URL, { tokenFile, certFile, keyFile, caFile }: AdminOptions): Credentials {
  const wrong = (code: string, problem: string) => new CliError(code, problem, usageExitCode);
  if ((certFile === undefined) !== (keyFile === undefined))
    throw wrong('CERTIFICATE_INCOMPLETE', '--cert-file and --key-file need each other.');
  if (url.protocol === 'http:' && (certFile ?? caFile) !== undefined)
    throw wrong('ADMIN_URL_WRONG', `Certificates are shown by TLS: use https://${url.host}.`);
  if (tokenFile === undefined && certFile === undefined)
    throw wrong(
      'TOKEN_NEEDED',
      `${url.origin} asks who calls: name a file with your token by --token-file, or your certificate by --cert-file and --key-file.`,
    );
  const credentials = {
    token: tokenFile === undefined ? undefined : readToken(tokenFile),
    cert: readPem(certFile, '--cert-file'),
    key: readPem(keyFile, '--key-file'),
    ca: readPem(caFile, '--ca-file'),
  };
  try {
    // Node reads them only when it connects, and its words then are those of OpenSSL.
    createSecureContext(credentials);
  } catch {
    throw wrong(
      'CERTIFICATE_WRONG',
      'The files of --cert-file, --key-file and --ca-file must be PEM files, and the key that of the certificate.',
    );
  }
  return credentials;
}

/** Says nothing of what stands in the file. */
function readPem(path: string | undefined, option: string): Buffer | undefined {
  if (path === undefined) return undefined;
  try {
    return readFileSync(path);
  } catch (error) {
    throw new CliError(
      'CERTIFICATE_UNREADABLE',
      `${option}: ${path} cannot be read: ${fileProblem(error)}.`,
      usageExitCode,
    );
  }
}

/** Says nothing of what stands in the file. */
function readToken(path: string): string {
  let text: string;
  try {
    text = readFileSync(path, 'utf8').trim();
  } catch (error) {
    throw new CliError(
      'TOKEN_UNREADABLE',
      `The token file ${path} cannot be read: ${fileProblem(error)}.`,
      usageExitCode,
    );
  }
  if (/^[\x21-\x7e]{16,512}$/.test(text)) return text;
  throw new CliError(
    'TOKEN_WRONG',
    `The token file ${path} must hold one token, of 16 to 512 visible characters.`,
    usageExitCode,
  );
}

const longestName = 40;

/** Behind sudo, whoever has called it. Containers and services seldom set the variables: then the name of the process's account. */
const loginName = ({ SUDO_USER, LOGNAME, USER }: Cli['environment']): string =>
  printable(SUDO_USER || LOGNAME || USER || accountName(), longestName);

function accountName(): string {
  try {
    return userInfo().username;
  } catch {
    // An account by number alone, as images of containers use.
    return 'unnamed';
  }
}

async function configured(cli: Cli, data: string | undefined, file: string | undefined): Promise<string> {
  // The options of the service come with their validation: loaded only where they are needed.
  const { loadServeConfig } = await import('../serveOptions.js');
  const { adminSocket } = loadServeConfig(cli, { flags: { data }, file });
  if (adminSocket !== undefined) return adminSocket.path;
  throw new CliError(
    'ADMIN_OFF',
    'The admin socket of this service is off. Start it without --admin-socket off.',
    usageExitCode,
  );
}
