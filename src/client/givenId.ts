// Ids as a caller of the client has them: from a log, a page or another tool, with 0x or without, in either case.
import { type Address, parseAddress, parseRequestId, parseVkHash, type RequestId, type VkHash } from '../ids.js';
import { clientError } from './errors.js';

/** Each throws ID_INVALID. */
export const givenRequestId = (given: string): RequestId => checked(parseRequestId(given), 'a request id', given, 64);
export const givenVkHash = (given: string): VkHash => checked(parseVkHash(given), 'a vk hash', given, 64);
export const givenAddress = (given: string): Address => checked(parseAddress(given), 'an address', given, 40);

/** 64 hex digits without 0x. */
export const givenMeasurement = (given: string): string =>
  checked(/^(?:0x)?([0-9a-fA-F]{64})$/.exec(given)?.[1]?.toLowerCase(), 'a measurement', given, 64);

function checked<T>(
  id: T | undefined,
  what: 'a request id' | 'a vk hash' | 'an address' | 'a measurement',
  given: string,
  hexDigits: number,
): T {
  if (id === undefined) throw clientError('ID_INVALID', { what, given, hexDigits });
  return id;
}
