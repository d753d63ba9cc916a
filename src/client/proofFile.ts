// Reads what surrounds the proof in a proof file: mode, public values, circuit version. The proof itself stays unparsed.
// Layout: u32 mode ‖ proof ‖ u64 length ‖ public values ‖ u64 length ‖ version ‖ optional 0x00.
import { createHash } from 'node:crypto';
import { type ProofMode, proofModes } from '../engines/jobs.js';
import { clientError } from './errors.js';

/** What can be read without knowing the public values. */
export interface ProofOutline {
  readonly mode: ProofMode;
  /** Of the circuits, for example `v6.1.0`. */
  readonly version: string;
  /** The file as a server sends it (ProofFromNetwork): without the trailing byte of SP1ProofWithPublicValues. */
  readonly served: Uint8Array;
}

export interface ProofFile extends ProofOutline {
  readonly publicValues: Uint8Array;
  /** SHA-256 of them, in hex. */
  readonly publicValuesHash: string;
}

/**
 * What stands around the proof. Throws PROOF_MALFORMED.
 * @example
 * ```ts
 * const { mode, version } = outlineProofFile(file);
 * ```
 */
export function outlineProofFile(file: Uint8Array): ProofOutline {
  const { mode, bytes, end } = frameOf(file);
  return { mode, version: end.version, served: bytes.subarray(0, end.endsAt) };
}

/**
 * `publicValuesHash`: what the proof commits to, in hex, where it is known (a fulfilled status and a verifier both give it). Without
 * it a guest that commits to another hash than SHA-256 cannot be read. Throws PROOF_MALFORMED.
 * @example
 * ```ts
 * const { publicValues } = parseProofFile(file, publicValuesHash);
 * ```
 */
export function parseProofFile(file: Uint8Array, publicValuesHash?: string): ProofFile {
  const { bytes, end } = frameOf(file);
  const body = bytes.subarray(4, end.startsAt);
  const publicValues = findPublicValues(body, (values) => isCommitted(values, body, publicValuesHash));
  if (publicValues === undefined) {
    throw clientError('PROOF_MALFORMED', { problem: 'no public values that the proof commits to are in it' });
  }
  return { ...outlineProofFile(file), publicValues, publicValuesHash: sha256(publicValues).toString('hex') };
}

function frameOf(file: Uint8Array) {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
  const mode = bytes.length < 4 ? undefined : proofModes[bytes.readUInt32LE()];
  if (mode === undefined) {
    throw clientError('PROOF_MALFORMED', { problem: 'it does not begin with the mode of a proof' });
  }
  const end = findVersion(bytes);
  if (end === undefined) {
    throw clientError('PROOF_MALFORMED', { problem: 'it does not end with a version such as v6.1.0' });
  }
  return { mode, bytes, end };
}

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest();
const versionLengths = Array.from({ length: 12 }, (_, i) => i + 5);

function findVersion(bytes: Buffer) {
  const endsAt = bytes.at(-1) === 0 ? bytes.length - 1 : bytes.length;
  for (const length of versionLengths) {
    const startsAt = endsAt - length - 8;
    if (startsAt < 4 || bytes.readBigUInt64LE(startsAt) !== BigInt(length)) continue;
    const version = bytes.toString('latin1', endsAt - length, endsAt);
    if (/^v\d+\.\d+\.\d+/.test(version)) return { version, startsAt, endsAt };
  }
  return undefined;
}

/**
 * The values are the last field before the version, and only their own length says where they begin: every length that fits is
 * tried against the digest in the proof.
 */
function findPublicValues(body: Buffer, isRight: (values: Buffer) => boolean): Buffer | undefined {
  for (let length = 0; length + 8 <= body.length; length++) {
    const lengthAt = body.length - length - 8;
    if (body.readUInt32LE(lengthAt) !== length || body.readUInt32LE(lengthAt + 4) !== 0) continue;
    const values = body.subarray(body.length - length);
    if (isRight(values)) return values;
  }
  return undefined;
}

/**
 * A core or compressed proof holds the SHA-256 of its public values as 32 field elements, one per byte. Plonk and groth16 hold it
 * as a decimal number below 2^253.
 */
function isCommitted(values: Buffer, body: Buffer, expectedHash: string | undefined): boolean {
  const digest = sha256(values);
  if (expectedHash !== undefined) return digest.toString('hex') === expectedHash;
  const elements = Buffer.alloc(4 * digest.length);
  for (const [i, byte] of digest.entries()) elements.writeUInt32LE(byte, 4 * i);
  if (body.includes(elements)) return true;
  const masked = Buffer.from(digest);
  masked[0] = (masked[0] as number) & 0x1f;
  return body.includes(BigInt(`0x${masked.toString('hex')}`).toString());
}

/**
 * The file that Rust's `SP1ProofWithPublicValues::load` reads.
 * @example
 * ```ts
 * const saved: Uint8Array = encodeProofFile(outlineProofFile(file));
 * ```
 */
export function encodeProofFile({ served }: ProofOutline): Uint8Array {
  return Buffer.concat([served, Buffer.of(0)]);
}
