// Parsers of option values as commander hands them over. Each explains what it would have taken.
import { accessSync, constants, existsSync, readFileSync, statSync } from 'node:fs';
import { InvalidArgumentError } from 'commander';
import {
  type Address,
  type ByteSource,
  type ProofMode,
  parseRequestId,
  parseSha256,
  parseVkHash,
  proofModes,
  type RequestId,
  type RequestMode,
  requestModes,
  type Sha256,
  u32Buffer,
  type VkHash,
} from '../client/client.js';
import { durationForm, parseDurationMs } from '../config/duration.js';
import { fileProblem } from '../fileProblem.js';
import { parseAddress } from '../ids.js';
import { CliError } from './cli.js';

/** How long something may take: `90s`, `15m`, `4h`, `7d` → milliseconds. */
export function parseTimeout(text: string): number {
  const ms = parseDurationMs(text);
  if (ms === undefined) throw new InvalidArgumentError(`Write ${durationForm}.`);
  // Deadlines are whole seconds on the wire.
  if (ms < 1_000) throw new InvalidArgumentError('Give it a second at least.');
  return ms;
}

export function parseMode(text: string): ProofMode {
  const mode = proofModes.find((known) => known === text);
  if (mode === undefined) throw new InvalidArgumentError(`Choose one of ${proofModes.join(', ')}.`);
  return mode;
}

/** What a service may be asked for. */
export function parseRequestMode(text: string): RequestMode {
  const mode = requestModes.find((known) => known === text);
  if (mode === undefined) throw new InvalidArgumentError(`Choose one of ${requestModes.join(', ')}.`);
  return mode;
}

/** Collects. */
export const parseEach = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];

/** Collects. */
export function parseAddresses(text: string, earlier: readonly Address[] = []): readonly Address[] {
  const address = parseAddress(text);
  if (address === undefined) throw new InvalidArgumentError('An address is 40 hex digits, with or without 0x.');
  return [...earlier, address];
}

export function parseHexBytes(text: string): Uint8Array {
  const digits = text.replace(/^0x/, '');
  if (!/^(?:[0-9a-fA-F]{2})*$/.test(digits)) throw new InvalidArgumentError('Write two hex digits a byte.');
  return Buffer.from(digits, 'hex');
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

export function parseSeq(text: string): number {
  if (!/^\d{1,9}$/.test(text))
    throw new InvalidArgumentError('Write the number of a transition, as --history shows it.');
  return Number(text);
}

/** Epoch ms. As ISO writes it, or `--utc`. With its zone: a time without one would be another on each machine. */
export function parseMoment(text: string): number {
  const iso = text.replace(' ', 'T');
  const at = /T.*(Z|[+-]\d\d:\d\d)$/.test(iso) ? Date.parse(iso) : Number.NaN;
  if (Number.isNaN(at)) throw new InvalidArgumentError('Write a time as 2026-12-01T08:00:00Z.');
  return at;
}

export function parseUuid(text: string): string {
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text))
    throw new InvalidArgumentError('Write a UUID, as uuidgen makes one.');
  return text.toLowerCase();
}

export function parsePort(text: string): number {
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535)
    throw new InvalidArgumentError('Write a port, from 0 to 65535.');
  return Number(text);
}

export function parseId(text: string): RequestId {
  const id = parseRequestId(text);
  if (id === undefined) throw new InvalidArgumentError('A request id is 64 hex digits, with or without 0x.');
  return id;
}

export function parseProgramHash(text: string): VkHash {
  const hash = parseVkHash(text);
  if (hash === undefined) throw new InvalidArgumentError('The hash of a key is 64 hex digits, with or without 0x.');
  return hash;
}

export function parseHash(text: string): Sha256 {
  const hash = parseSha256(text);
  if (hash === undefined) throw new InvalidArgumentError('A SHA-256 is 64 hex digits, with or without 0x.');
  return hash;
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
      const problem = inputProblem(path);
      if (problem !== undefined) throw new InvalidArgumentError(`${path} cannot be read: ${problem}.`);
      return add({ path });
    },
    hex(text: string) {
      const digits = text.replace(/^0x/i, '');
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

/** Its size is sent before its bytes, so it must have one. */
function inputProblem(path: string): string | undefined {
  try {
    accessSync(path, constants.R_OK);
    const found = statSync(path);
    if (found.isDirectory()) return 'it is a folder';
    return found.isFile() ? undefined : 'it is a pipe or a device, save it to a file first';
  } catch (error) {
    return fileProblem(error);
  }
}

const elfMagic = Buffer.from([0x7f, 0x45, 0x4c, 0x46]);

/** Reads a program. It must be an ELF file. The engine judges what is in it. */
export function readProgram(path: string): Uint8Array {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    throw new CliError('PROGRAM_UNREADABLE', `The program ${path} cannot be read: ${fileProblem(error)}.`);
  }
  if (!bytes.subarray(0, 4).equals(elfMagic)) {
    throw new CliError(
      'PROGRAM_NOT_ELF',
      `${path} is not an ELF file. Give the guest as it was compiled for SP1, for example examples/fibonacci/fibonacci.elf.`,
    );
  }
  return bytes;
}
