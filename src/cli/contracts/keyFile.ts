// A key that signs for money or for a prover, from a file.
import { KeyFileError, readKeyFile, readKeyText } from '../../signers/registrar/keyFile.js';
import { CliError } from '../cli.js';

/** Answers 0x and 64 hex digits. Throws CliError KEY_FILE_UNUSABLE, which does not repeat what the file holds. */
export const readSecretKey = (path: string, option: string): `0x${string}` => secretOf(() => readKeyFile(path, option));

/** The same of a variable's text. */
export function secretKeyOf(
  text: string | undefined,
  { option, variable }: { readonly option: string; readonly variable: string },
): `0x${string}` {
  if (!text) throw new CliError('KEY_FILE_UNUSABLE', `Which key? Give its file with ${option}, or set ${variable}.`);
  return secretOf(() => readKeyText(text, variable));
}

function secretOf(read: () => Uint8Array): `0x${string}` {
  try {
    return `0x${Buffer.from(read()).toString('hex')}`;
  } catch (error) {
    if (error instanceof KeyFileError) throw new CliError('KEY_FILE_UNUSABLE', error.message);
    throw error;
  }
}
