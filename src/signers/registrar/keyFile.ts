// A private key that spends money: read from a file that is its reader's alone. Never from the command line, which others can see.
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { userInfo } from 'node:os';
import { fileProblem } from '../../fileProblem.js';

/** A sentence for the operator. It holds nothing of what is in the file. */
export class KeyFileError extends Error {
  override readonly name = 'KeyFileError';
}

/** 0x, 64 digits, the end of a line, and some blanks. */
const mostBytes = 256;
const groupAndOthers = 0o077;
/** What a system without users says. */
const nobody = -1;
const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
const isInOrder = (key: bigint) => key > 0n && key < order;

/** 32 bytes. `option` names the file in sentences. Throws a KeyFileError. */
export function readKeyFile(path: string, option: string): Uint8Array {
  const unusable = (problem: string) =>
    new KeyFileError(`The key file ${path} (${option}) cannot be used: ${problem}.`);
  return parseKey(read(path, unusable), unusable);
}

/** 32 bytes. `name` is that of the variable which holds it. Throws a KeyFileError. */
export const readKeyText = (text: string, name: string): Uint8Array =>
  parseKey(text, (problem) => new KeyFileError(`The key in ${name} cannot be used: ${problem}.`));

function parseKey(written: string, unusable: (problem: string) => KeyFileError): Uint8Array {
  const text = written.trim().replace(/^0x/i, '');
  if (!/^[0-9a-fA-F]{64}$/.test(text)) throw unusable('a private key is 64 hex digits, with or without 0x');
  if (!isInOrder(BigInt(`0x${text}`))) throw unusable('its number is outside the order of the curve');
  return new Uint8Array(Buffer.from(text, 'hex'));
}

function read(path: string, unusable: (problem: string) => KeyFileError): string {
  let file: number;
  try {
    // A pipe that nobody writes to would be waited for without an end.
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    throw unusable(fileProblem(error));
  }
  try {
    // Of the open file: what the name stands for can change.
    const found = fstatSync(file);
    if (!found.isFile()) throw unusable('it is no file');
    if ((found.mode & groupAndOthers) !== 0)
      throw unusable('others than you can read or change it. Say `chmod 600` to it, and think about a new key');
    const self = userInfo().uid;
    if (self !== nobody && found.uid !== self) throw unusable('it belongs to somebody else');
    const bytes = Buffer.alloc(mostBytes + 1);
    const length = readSync(file, bytes, 0, bytes.byteLength, 0);
    if (length > mostBytes) throw unusable('it is too large for a private key');
    return bytes.toString('latin1', 0, length);
  } finally {
    closeSync(file);
  }
}
