// Branded identifiers and the parsers that make them from foreign input. Hex is lower case, without 0x.
import type { EpochMs } from './clock.js';
import { type Random, randomHex } from './random.js';

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
/** 16 bytes in hex, six of time and then random ones: one signing key from its making to its end. No secret. */
export type SignerId = Branded<'SignerId'>;
/** Name of a lane, for example `cpu-prove-0`. */
export type LaneId = Branded<'LaneId'>;

const hexOf = (bytes: number) => new RegExp(`^[0-9a-f]{${bytes * 2}}$`);
const hex32 = hexOf(32);
const hex20 = hexOf(20);

function parseHex(text: string, pattern: RegExp): string | undefined {
  const plain = text.toLowerCase().replace(/^0x/, '');
  return pattern.test(plain) ? plain : undefined;
}

function hexOfBytes(bytes: Uint8Array, length: number): string | undefined {
  return bytes.byteLength === length ? Buffer.from(bytes.buffer, bytes.byteOffset, length).toString('hex') : undefined;
}

/**
 * Takes hex text (with or without 0x, in either case) or raw bytes, and answers undefined for anything else.
 * @example
 * ```ts
 * const id = parseRequestId('0x' + '1f'.repeat(32));
 * if (id === undefined) throw new Error('not an id');
 * ```
 */
export const parseRequestId = (from: string | Uint8Array) => parse32(from) as RequestId | undefined;
/**
 * Takes hex text (with or without 0x, in either case) or raw bytes, and answers undefined for anything else.
 * @example
 * ```ts
 * const id = parseVkHash('0x' + '1f'.repeat(32));
 * if (id === undefined) throw new Error('not an id');
 * ```
 */
export const parseVkHash = (from: string | Uint8Array) => parse32(from) as VkHash | undefined;
export const parseArtifactId = (from: string | Uint8Array) => parse32(from) as ArtifactId | undefined;
/**
 * Takes hex text (with or without 0x, in either case) or raw bytes, and answers undefined for anything else.
 * @example
 * ```ts
 * const id = parseSha256('0x' + '1f'.repeat(32));
 * if (id === undefined) throw new Error('not an id');
 * ```
 */
export const parseSha256 = (from: string | Uint8Array) => parse32(from) as Sha256 | undefined;
export const parseAddress = (from: string | Uint8Array) =>
  (typeof from === 'string' ? parseHex(from, hex20) : hexOfBytes(from, 20)) as Address | undefined;

function parse32(from: string | Uint8Array): string | undefined {
  return typeof from === 'string' ? parseHex(from, hex32) : hexOfBytes(from, 32);
}

const randomBytesOfId = 26;
const randomBytesOfSignerId = 10;

/**
 * Six bytes of time, then random ones. Ids of the same moment are neighbours in the store, so that a flush of many new requests
 * writes a few pages and not several a request: 48 KB instead of 310 KB each, and twice the rate.
 */
const newId = (at: EpochMs, random: Random, randomBytes = randomBytesOfId) =>
  at.toString(16).padStart(12, '0') + randomHex(random, randomBytes);

export const newRequestId = (at: EpochMs, random: Random) => newId(at, random) as RequestId;
export const newArtifactId = (at: EpochMs, random: Random) => newId(at, random) as ArtifactId;
export const newSignerId = (at: EpochMs, random: Random) => newId(at, random, randomBytesOfSignerId) as SignerId;
export const laneId = (text: string) => text as LaneId;

/** The bytes behind a hex id. @internal */
export const bytesOf = (id: RequestId | Address | VkHash | ArtifactId | Sha256): Uint8Array<ArrayBuffer> =>
  new Uint8Array(Buffer.from(id, 'hex'));

/** As ids are shown to people and to scripts. */
export const shownId = (id: RequestId | Address | VkHash) => `0x${id}`;
