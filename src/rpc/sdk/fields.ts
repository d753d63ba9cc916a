// Parsers of single fields of the wire, and the request that a field names. Each error names the field and what it should be.
import { type RequestMode, requestModeNumber, requestModes } from '../../engines/jobs.js';
import { fail } from '../../failures/fail.js';
import { FailureError } from '../../failures/failureError.js';
import { malformed } from '../../failures/malformed.js';
import { type Address, parseAddress, parseRequestId, parseVkHash, type RequestId, type VkHash } from '../../ids.js';
import type { RequestView } from '../../machines/request/view.js';
import type { Registry } from '../../requests/registry.js';

export function requestIdField(bytes: Uint8Array): RequestId {
  const id = parseRequestId(bytes);
  if (id === undefined) throw malformed('request_id', `it must have 32 bytes, not ${bytes.byteLength}`);
  return id;
}

/** The durable view of the request that a call names by its id. Fails with MALFORMED_REQUEST and REQUEST_NOT_FOUND. */
export function findRequest({ registry }: { registry: Pick<Registry, 'view'> }, idBytes: Uint8Array): RequestView {
  const requestId = requestIdField(idBytes);
  const view = registry.view(requestId);
  if (view === undefined) throw new FailureError(fail('REQUEST_NOT_FOUND', { requestId }));
  return view;
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

export function modeField(number: number): RequestMode {
  const mode = requestModes.find((name) => requestModeNumber[name] === number);
  if (mode === undefined) throw malformed('mode', `${number} is none of ${requestModes.join(', ')}`);
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
