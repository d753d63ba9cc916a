// Values of options as commander hands them over; each parser explains what it would have taken.
import { existsSync, readFileSync } from 'node:fs';
import { InvalidArgumentError } from 'commander';
import {
  type ByteSource,
  type ProofMode,
  parseRequestId,
  proofModes,
  type RequestId,
  u32Buffer,
} from '../client/client.js';
import { CliError } from './cli.js';

const units: Record<string, number> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `90s`, `15m`, `4h`, `7d` → milliseconds. */
export function parseDuration(text: string): number {
  const found = /^(\d{1,6})([smhd])$/.exec(text);
  const unit = units[found?.[2] ?? ''];
  if (found === null || unit === undefined) throw new InvalidArgumentError('Write it like 90s, 15m, 4h or 7d.');
  return Number(found[1]) * unit;
}

export function parseMode(text: string): ProofMode {
  const mode = proofModes.find((known) => known === text);
  if (mode === undefined) throw new InvalidArgumentError(`Choose one of ${proofModes.join(', ')}.`);
  return mode;
}

export function parseU64(text: string): bigint {
  const plain = text.replaceAll('_', '');
  if (!/^\d{1,20}$/.test(plain) || BigInt(plain) >= 2n ** 64n)
    throw new InvalidArgumentError('Write a whole number below 2^64.');
  return BigInt(plain);
}

export function parseCount(text: string): number {
  if (!/^[1-9]\d{0,5}$/.test(text)) throw new InvalidArgumentError('Write a whole number from 1 to 999999.');
  return Number(text);
}

export function parseId(text: string): RequestId {
  const id = parseRequestId(text);
  if (id === undefined) throw new InvalidArgumentError('A request id is 64 hex digits, with or without 0x.');
  return id;
}

/** Collects one input after the other, whatever option each comes from: the guest reads them in the order of the command line. */
export function inputParsers(into: ByteSource[]) {
  const add = (source: ByteSource) => {
    into.push(source);
    return into;
  };
  return {
    file(path: string) {
      if (!existsSync(path)) throw new InvalidArgumentError(`There is no file ${path}.`);
      return add({ path });
    },
    hex(text: string) {
      const digits = text.replace(/^0x/, '');
      if (!/^([0-9a-fA-F]{2})*$/.test(digits)) throw new InvalidArgumentError('Write two hex digits for each byte.');
      return add(new Uint8Array(Buffer.from(digits, 'hex')));
    },
    u32(text: string) {
      const value = Number(text);
      if (!/^\d{1,10}$/.test(text) || value >= 2 ** 32)
        throw new InvalidArgumentError('Write a whole number below 2^32.');
      return add(u32Buffer(value));
    },
  };
}

const elfMagic = Buffer.from([0x7f, 0x45, 0x4c, 0x46]);

/** Reads a program. It must be an ELF file; what is in it is the engine's to judge. */
export function readProgram(path: string): Uint8Array {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    throw new CliError('PROGRAM_UNREADABLE', `The program ${path} cannot be read: ${(error as Error).message}.`);
  }
  if (!bytes.subarray(0, 4).equals(elfMagic)) {
    throw new CliError(
      'PROGRAM_NOT_ELF',
      `${path} is not an ELF file. Give the guest as it was compiled for SP1, for example examples/fibonacci/fibonacci.elf.`,
    );
  }
  return bytes;
}
