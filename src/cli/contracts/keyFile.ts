// A key that signs for money or for a prover, from a file.
import { KeyFileError, readKeyFile } from '../../signers/registrar/keyFile.js';
import { CliError } from '../cli.js';

/** Answers 0x and 64 hex digits. Throws CliError KEY_FILE_UNUSABLE, which does not repeat what the file holds. */
export function readSecretKey(path: string, option: string): `0x${string}` {
  try {
    return `0x${Buffer.from(readKeyFile(path, option)).toString('hex')}`;
  } catch (error) {
    if (error instanceof KeyFileError) throw new CliError('KEY_FILE_UNUSABLE', error.message);
    throw error;
  }
}
