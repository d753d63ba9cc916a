// Files that a person gives to the commands of `attest`: a quote, a policy, a root.
import { createHash, X509Certificate } from 'node:crypto';
import { readBounded } from '../../attestation/check/readBounded.js';
import { AttestationError, adviceOf, parsePolicy, type ReadPolicy } from '../../attestation/verify/attestation.js';
import { textOfBytes } from '../../attestation/verify/bytes.js';
import { fileProblem } from '../../fileProblem.js';
import { CliError, usageExitCode } from '../cli.js';

const mostPolicyBytes = 1_048_576;
const mostRootBytes = 16_384;

/** Throws CliError FILE_UNUSABLE, with the exit code of wrong usage. */
export function readInput(path: string, mostBytes: number): Buffer {
  let bytes: Buffer | undefined;
  try {
    bytes = readBounded(path, mostBytes);
  } catch (error) {
    throw unusable(path, fileProblem(error));
  }
  if (bytes === undefined) throw unusable(path, `it has more than ${mostBytes} bytes`);
  return bytes;
}

const unusable = (path: string, problem: string) =>
  new CliError('FILE_UNUSABLE', `${path} cannot be used: ${problem}.`, usageExitCode);

export function readTextInput(path: string, mostBytes: number): string {
  const text = textOfBytes(readInput(path, mostBytes));
  if (text === undefined) throw unusable(path, 'it is no UTF-8 text');
  return text;
}

/** POLICY_MALFORMED is wrong usage: nothing was looked at. */
export async function readPolicy(path: string | undefined): Promise<ReadPolicy | undefined> {
  if (path === undefined) return undefined;
  try {
    return await parsePolicy(readTextInput(path, mostPolicyBytes));
  } catch (error) {
    if (!(error instanceof AttestationError)) throw error;
    throw new CliError(error.code, `${path}: ${error.detail} ${adviceOf[error.code]}`, usageExitCode);
  }
}

/** SHA-256 of the DER of the one root that is believed instead of Intel's. */
export function readRoots(path: string | undefined): readonly string[] | undefined {
  if (path === undefined) return undefined;
  const bytes = readInput(path, mostRootBytes);
  try {
    return [createHash('sha256').update(new X509Certificate(bytes).raw).digest('hex')];
  } catch {
    // OpenSSL's words are for programmers.
    throw unusable(path, 'it is no certificate');
  }
}
