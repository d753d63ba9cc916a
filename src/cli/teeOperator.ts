// `sealed-prover tee status` and `tee rotate`: what the operator asks of the service that runs on their data folder.
import { type AdminOptions, connection } from './admin/connection.js';
import type { Place } from './admin/place.js';
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
  readonly pending?: { readonly chainId: number; readonly to: string; readonly data: string };
  readonly signers: ReadonlyArray<{ readonly address?: string; readonly state: string; readonly problem?: string }>;
}

/** A status with a registration in it has 11 KB for the quote, and a line or two for each of two days' keys. */
const mostAnswerBytes = 1_048_576;
const silenceMs = 15_000;

/** 0 when a key signs, else 1. Throws CliError. */
export async function runTeeStatus(cli: Cli, options: AdminOptions): Promise<number> {
  const { status, text } = await ask(cli, options, 'GET', '/tee/status');
  if (status !== 200) throw notOurs();
  const found = JSON.parse(text) as Status;
  cli.output.print(options.json ? toJson(found) : linesOf(found).join('\n'));
  return found.state === 'active' ? 0 : 1;
}

/** 0 when a successor has been begun, 1 when one is on its way already. Throws CliError. */
export async function runTeeRotate(cli: Cli, options: AdminOptions): Promise<number> {
  const { status } = await ask(cli, options, 'POST', '/tee/rotate');
  if (status !== 202 && status !== 409) throw notOurs();
  const isBegun = status === 202;
  const words = isBegun
    ? 'A new key is being made. The present one signs until it is registered: see tee status.'
    : 'A new key is on its way already: see tee status.';
  cli.output.print(options.json ? toJson({ isBegun }) : words);
  return isBegun ? 0 : 1;
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
  if (of.pending !== undefined)
    lines.push(
      '',
      `Send this on chain ${of.pending.chainId}, soon:`,
      `to   ${of.pending.to}`,
      `data ${of.pending.data}`,
    );
  return lines;
}

const shownKeys = 6;

/** With four digits behind the point. */
const etherOf = (wei: string): string => (Number(BigInt(wei) / 10n ** 14n) / 10_000).toFixed(4);

const notOurs = () => new CliError('NO_KEYS', 'The service that runs there has no keys: it was started without --tee.');

const ask = (cli: Cli, options: AdminOptions, method: string, path: string) =>
  cli.interruptible(async (signal) => {
    const { at } = await connection(cli, options, signal);
    return await send({ at, method, path, signal }, cli);
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
      response.on('error', (error) => reject(unreachable(at.name, error)));
      response.on('end', () => {
        cancel();
        resolve({ status: response.statusCode ?? 0, text });
      });
    });
    const cancel = clock.wakeIn(silenceMs, () => sent.destroy(new Error(`silent for ${silenceMs / 1000} s`)));
    sent.on('error', (error) => {
      cancel();
      reject(unreachable(at.name, error));
    });
    sent.end();
  });

function unreachable(path: string, error: NodeJS.ErrnoException): CliError {
  return new CliError(
    'UNREACHABLE',
    `No service answers at ${path} (${error.code ?? error.message}). Name the data folder of the one that runs with --data, its socket with --socket, as its own user, or its port with --admin-url.`,
  );
}
