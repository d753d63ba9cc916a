// `sealed-prover tee status`, `tee rotate` and `admin signers registration`: what the operator asks of the service that runs on their data folder.
import { Signers } from '../gen/admin/v1/signers_pb.js';
import { runActs } from './admin/act.js';
import type { ActOptions } from './admin/actOptions.js';
import { interrupted } from './admin/callAdmin.js';
import { type AdminOptions, connection } from './admin/connection.js';
import type { Place } from './admin/place.js';
import { jsonLine } from './admin/show.js';
import { type Cli, CliError } from './cli.js';
import { formatDuration } from './format.js';
import { toJson } from './output.js';

/** As `operatorStatus` answers it, as far as it is shown in words. */
interface Status {
  readonly state: string;
  readonly signer?: string;
  readonly lifeLeftS?: number;
  readonly reason?: string;
  readonly rotationProblem?: string;
  readonly balanceWei?: string;
  readonly counts: { readonly signatures: number; readonly registrations: number; readonly abandoned: number };
  readonly pending?: Pending;
  readonly signers: ReadonlyArray<{ readonly address?: string; readonly state: string; readonly problem?: string }>;
}

interface Pending {
  readonly chainId: number;
  readonly to: string;
  readonly data: string;
}

/** A status with a registration in it has 11 KB for the quote, and a line or two for each of two days' keys. */
const mostAnswerBytes = 1_048_576;
const silenceMs = 15_000;
const nothingThereExitCode = 3;

/** 0 when a key signs, else 1. Throws CliError. */
export async function runTeeStatus(cli: Cli, options: AdminOptions): Promise<number> {
  const found = await statusOf(cli, options);
  cli.output.print(options.json ? toJson(found) : linesOf(found).join('\n'));
  return found.state === 'active' ? 0 : 1;
}

/** A new key now, with its audit: as `admin signers rotate`. Throws CliError. */
export const runTeeRotate = (cli: Cli, options: ActOptions): Promise<number> =>
  runActs(cli, options, Signers.method.rotate, [{}], { isAsked: false });

/** What the operator is to send. 0 when there is something, else 3. Throws CliError. */
export async function runRegistration(cli: Cli, options: AdminOptions): Promise<number> {
  const { pending } = await statusOf(cli, options);
  if (options.json) cli.output.print(jsonLine(pending ?? {}));
  else
    cli.output.print(
      pending === undefined ? 'No registration waits for you to send it.' : callLines(pending).join('\n'),
    );
  return pending === undefined ? nothingThereExitCode : 0;
}

function linesOf(of: Status): string[] {
  const lines = [`State          ${of.state}${of.reason === undefined ? '' : `: ${of.reason}`}`];
  if (of.signer !== undefined) lines.push(`Signer         ${of.signer}`);
  if (of.lifeLeftS !== undefined) lines.push(`Registered for ${formatDuration(of.lifeLeftS * 1000)} more`);
  if (of.rotationProblem !== undefined) lines.push(`No successor   ${of.rotationProblem}`);
  if (of.balanceWei !== undefined) lines.push(`Balance        ${etherOf(of.balanceWei)} ETH`);
  const { signatures, registrations, abandoned } = of.counts;
  lines.push(
    `Since start    signatures: ${signatures} · registrations: ${registrations} · keys given up: ${abandoned}`,
  );
  for (const { address = 'no address yet', state, problem } of of.signers.slice(0, shownKeys))
    lines.push(`Key            ${address}  ${state}${problem === undefined ? '' : ` (${problem})`}`);
  if (of.pending !== undefined) lines.push('', ...callLines(of.pending));
  return lines;
}

/** The data stands in one line, to be copied. */
const callLines = ({ chainId, to, data }: Pending): string[] => [
  `Send this on chain ${chainId}, soon:`,
  `to   ${to}`,
  `data ${data}`,
];

const shownKeys = 6;

/** With four digits behind the point. */
const etherOf = (wei: string): string => (Number(BigInt(wei) / 10n ** 14n) / 10_000).toFixed(4);

const notOurs = () => new CliError('NO_KEYS', 'The service that runs there has no keys: it was started without --tee.');

const statusOf = (cli: Cli, options: AdminOptions): Promise<Status> =>
  cli.interruptible(async (signal) => {
    const { at } = await connection(cli, options, signal);
    const { status, text } = await send({ at, method: 'GET', path: '/tee/status', signal }, cli);
    if (status !== 200) throw notOurs();
    return JSON.parse(text) as Status;
  });

const send = (
  { at, ...request }: { at: Place; method: string; path: string; signal: AbortSignal },
  { clock }: Cli,
): Promise<{ status: number; text: string }> =>
  new Promise((resolve, reject) => {
    const sent = at.request(request, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
        if (text.length > mostAnswerBytes) sent.destroy(new Error('its answer has no end'));
      });
      response.on('error', (error) => reject(request.signal.aborted ? interrupted() : unreachable(at.name, error)));
      response.on('end', () => {
        cancel();
        resolve({ status: response.statusCode ?? 0, text });
      });
    });
    const cancel = clock.wakeIn(silenceMs, () => sent.destroy(new Error(`silent for ${silenceMs / 1000} s`)));
    sent.on('error', (error) => {
      cancel();
      reject(request.signal.aborted ? interrupted() : unreachable(at.name, error));
    });
    sent.end();
  });

function unreachable(path: string, error: NodeJS.ErrnoException): CliError {
  return new CliError(
    'UNREACHABLE',
    `No service answers at ${path} (${error.code ?? error.message}). Name the data folder of the one that runs with --data, its socket with --socket, as its own user, or its port with --admin-url.`,
  );
}
