// Options of `contracts` as commander hands them over. It loads nothing: the help of every other command passes through here.
import { InvalidArgumentError } from 'commander';

/** The checksum is looked at by the command itself, which loads what that takes. */
export function parseAddress(text: string): `0x${string}` {
  if (!/^0x[0-9a-fA-F]{40}$/.test(text) || /^0x0{40}$/.test(text))
    throw new InvalidArgumentError('Write an address: 0x and 40 hex digits, not all of them 0.');
  return text as `0x${string}`;
}

export function parseChainId(text: string): number {
  if (!/^[1-9]\d{0,14}$/.test(text)) throw new InvalidArgumentError('Write the number of the chain, for example 1.');
  return Number(text);
}

export function addMeasurement(text: string, before: readonly `0x${string}`[] = []): readonly `0x${string}`[] {
  if (!/^0x[0-9a-fA-F]{64}$/.test(text))
    throw new InvalidArgumentError('Write the id of a measurement: 0x and 64 hex digits.');
  return [...before, text.toLowerCase() as `0x${string}`];
}

export function addTcbStatus(text: string, before: readonly number[] = []): readonly number[] {
  if (!/^\d$/.test(text)) throw new InvalidArgumentError('Write the number of a TCB status: 0 to 9.');
  return [...before, Number(text)];
}
