// Branded identifiers and the parsers that make them from foreign input. Hex is lower case, without 0x.
import { randomFillSync } from 'node:crypto';
import { type EpochMs, systemClock } from './clock.js';

// A plain property and not a unique symbol: declaration files of inferred types must be able to name it.
type Branded<Name extends string> = string & { readonly __brand: Name };

/** 32 bytes in hex, 26 of them random. Unguessable: status calls are unsigned, so the id is the only read capability. */
export type RequestId = Branded<'RequestId'>;
/** 20-byte Ethereum address in hex. */
export type Address = Branded<'Address'>;
/** 32-byte hash of a verifying key in hex (SP1's `hash_bytes`, not the on-chain `bytes32`). */
export type VkHash = Branded<'VkHash'>;
/** 32 bytes in hex, unguessable as well, naming one stored artifact. */
export type ArtifactId = Branded<'ArtifactId'>;
/** SHA-256 in hex. */
export type Sha256 = Branded<'Sha256'>;
/** Name of a lane, for example `cpu-prove-0`. */
export type LaneId = Branded<'LaneId'>;

const hexOf = (bytes: number) => new RegExp(`^[0-9a-f]{${bytes * 2}}$`);
const hex32 = hexOf(32);
const hex20 = hexOf(20);

function parseHex(text: string, pattern: RegExp): string | undefined {
  const plain = (text.startsWith('0x') ? text.slice(2) : text).toLowerCase();
  return pattern.test(plain) ? plain : undefined;
}

function hexOfBytes(bytes: Uint8Array, length: number): string | undefined {
  return bytes.byteLength === length ? Buffer.from(bytes.buffer, bytes.byteOffset, length).toString('hex') : undefined;
}

/** Each parser takes hex text (with or without 0x) or raw bytes, and answers undefined for anything else. */
export const parseRequestId = (from: string | Uint8Array) => parse32(from) as RequestId | undefined;
export const parseVkHash = (from: string | Uint8Array) => parse32(from) as VkHash | undefined;
export const parseArtifactId = (from: string | Uint8Array) => parse32(from) as ArtifactId | undefined;
export const parseSha256 = (from: string | Uint8Array) => parse32(from) as Sha256 | undefined;
export const parseAddress = (from: string | Uint8Array) =>
  (typeof from === 'string' ? parseHex(from, hex20) : hexOfBytes(from, 20)) as Address | undefined;

function parse32(from: string | Uint8Array): string | undefined {
  return typeof from === 'string' ? parseHex(from, hex32) : hexOfBytes(from, 32);
}

/**
 * Six bytes of time, then random ones. Ids of the same moment are neighbours in the store, so that a flush of many new requests
 * writes a few pages and not several a request: 48 KB instead of 310 KB each, and twice the rate.
 */
const newId = (at: EpochMs) => at.toString(16).padStart(12, '0') + randomHex();

const randomBytesOfId = 26;
/** For 64 ids at a time: asking the system for so few bytes costs ten times what the id's hex does. */
const randomness = Buffer.alloc(64 * randomBytesOfId);
let usedBytes = randomness.length;

function randomHex(): string {
  if (usedBytes === randomness.length) {
    randomFillSync(randomness);
    usedBytes = 0;
  }
  const start = usedBytes;
  usedBytes += randomBytesOfId;
  return randomness.toString('hex', start, usedBytes);
}

export const newRequestId = (at = systemClock.now()) => newId(at) as RequestId;
export const newArtifactId = (at = systemClock.now()) => newId(at) as ArtifactId;
export const laneId = (text: string) => text as LaneId;

/** The bytes behind a hex id. */
export const bytesOf = (id: RequestId | Address | VkHash | ArtifactId | Sha256): Uint8Array<ArrayBuffer> =>
  new Uint8Array(Buffer.from(id, 'hex'));
