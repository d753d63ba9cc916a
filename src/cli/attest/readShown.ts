// What is to be verified: a live target, a saved one, or a bare quote.
import { getBytes, OutOfReach } from '../../attestation/check/http/getBytes.js';
import { seenConnection } from '../../attestation/check/http/seenConnection.js';
import { NotReached } from '../../attestation/check/target/askTarget.js';
import { fetchTarget } from '../../attestation/check/target/fetchTarget.js';
import { mostQuoteFileBytes } from '../../attestation/check/target/readQuote.js';
import { readSaved } from '../../attestation/check/target/saved.js';
import type { Shown } from '../../attestation/check/target/shown.js';
import { shownQuote } from '../../attestation/check/target/shownQuote.js';
import { AttestationError } from '../../attestation/verify/attestation.js';
import { fileProblem } from '../../fileProblem.js';
import { systemRandom } from '../../random.js';
import { type Cli, CliError, usageExitCode } from '../cli.js';
import { readInput } from './inputs.js';
import { notCheckedExitCode } from './outcome.js';

export interface Source {
  readonly url?: URL | undefined;
  readonly files?: string | undefined;
  readonly quote?: string | undefined;
  /** Of an agent's Info, for the raw compose file. */
  readonly info?: URL | undefined;
  readonly signal: AbortSignal;
}

const nonceBytes = 32;
const infoMs = 10_000;
const mostInfoBytes = 2 * 1_048_576;

/** Throws CliError: 2 for files that cannot be used, 3 where nobody answers. */
export async function readShown(cli: Cli, source: Source): Promise<Shown> {
  const { url, files, quote } = source;
  if (quote !== undefined) return shownQuote(readInput(quote, mostQuoteFileBytes));
  if (files !== undefined) return readFolder(files);
  if (url === undefined) throw new CliError('USAGE', 'Name a target.', usageExitCode);
  if ((url.pathname !== '/' && url.pathname !== '') || url.search !== '')
    throw new CliError('USAGE', `Name the target by its origin alone: ${url.origin}`, usageExitCode);
  try {
    const { clock } = cli;
    const nonce = systemRandom.bytes(nonceBytes);
    const info = source.info && (await fetchInfo(source.info, cli, source.signal));
    const connection = seenConnection(url);
    return await fetchTarget({ url, nonce, info, clock, signal: source.signal, connection }).finally(connection.close);
  } catch (error) {
    if (!(error instanceof NotReached)) throw error;
    throw new CliError(error.code, error.message, notCheckedExitCode);
  }
}

function readFolder(folder: string): Shown {
  try {
    return readSaved(folder);
  } catch (error) {
    const problem = error instanceof AttestationError ? error.detail : `${fileProblem(error)}.`;
    throw new CliError('FILE_UNUSABLE', `${folder} cannot be used: ${problem}`, usageExitCode);
  }
}

/** Not of the target's own connection: its hash is all that counts. */
async function fetchInfo(url: URL, { clock }: Cli, signal: AbortSignal): Promise<Uint8Array> {
  try {
    const got = await getBytes({ url, mostBytes: mostInfoBytes, timeoutMs: infoMs, clock, signal });
    if (got.status !== 200) throw new OutOfReach(`it answers HTTP ${got.status}`);
    return got.body;
  } catch (error) {
    if (!(error instanceof OutOfReach)) throw error;
    throw new NotReached('QUOTE_UNAVAILABLE', `${url.origin}${url.pathname} cannot be asked: ${error.message}.`);
  }
}
