// Parsers of single fields of the wire. Each names the field and what it should be when it is not.
import { type ProofMode, proofModeNumber, proofModes } from '../../engines/jobs.js';
import { FailureError, fail } from '../../errors.js';
import { type Address, parseAddress, parseRequestId, parseVkHash, type RequestId, type VkHash } from '../../ids.js';

export const malformed = (field: string, problem: string) =>
  new FailureError(fail('MALFORMED_REQUEST', { field, problem }));

export function requestIdField(bytes: Uint8Array): RequestId {
  const id = parseRequestId(bytes);
  if (id === undefined) throw malformed('request_id', `it must have 32 bytes, not ${bytes.byteLength}`);
  return id;
}

export function vkHashField(bytes: Uint8Array): VkHash {
  const hash = parseVkHash(bytes);
  if (hash === undefined) throw malformed('vk_hash', `it must have 32 bytes, not ${bytes.byteLength}`);
  return hash;
}

/** A digest of 32 bytes, in hex. */
export function hashField(field: string, bytes: Uint8Array): string {
  if (bytes.byteLength !== 32) throw malformed(field, `it must have 32 bytes, not ${bytes.byteLength}`);
  return Buffer.from(bytes).toString('hex');
}

export function addressField(field: string, bytes: Uint8Array): Address {
  const address = parseAddress(bytes);
  if (address === undefined) throw malformed(field, `an address must have 20 bytes, not ${bytes.byteLength}`);
  return address;
}

export function modeField(number: number): ProofMode {
  const mode = proofModes.find((name) => proofModeNumber[name] === number);
  if (mode === undefined) throw malformed('mode', `${number} is none of ${proofModes.join(', ')}`);
  return mode;
}

/** Seconds on the wire, milliseconds inside. Bounded to what a timer and a date can hold. */
export function deadlineField(seconds: bigint): number {
  if (seconds > 253_402_300_799n) throw malformed('deadline', 'it lies beyond the year 9999');
  return Number(seconds) * 1000;
}

/** A u64 that travels as decimal text. */
export function u64TextField(field: string, text: string): string {
  if (!/^\d{1,20}$/.test(text) || BigInt(text) >= 2n ** 64n)
    throw malformed(field, 'it must be a u64 in decimal digits');
  return text;
}

const originPattern = /^https?:\/\/(?:[A-Za-z0-9_.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::\d{1,5})?$/;

/** Where the client finds artifacts: the configured origin, or the very host and port it has just used. */
export function originOf(publicUrl: string | undefined, usedOrigin: string): string {
  if (publicUrl !== undefined) return publicUrl;
  if (!originPattern.test(usedOrigin)) throw malformed(':authority', 'it is not host[:port]');
  return usedOrigin;
}
