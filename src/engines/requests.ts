// Requests of docs/engine-protocol.md as bytes to send. Artifacts travel untouched, so a request is a list of parts: bytes
// made here, and stored files that the lane's worker streams in between.
import { Buffer } from 'node:buffer';
import { fail } from '../failures/fail.js';
import { type Outcome, succeeded } from '../failures/outcome.js';
import type { StoredFile } from '../storedBytes/storedFile.js';
import { encodeBytes, encodeU8, encodeU32, encodeU64 } from './bincode.js';
import type { EngineKind } from './engine.js';
import { type ProofMode, proofModeNumber } from './jobs.js';
import { traitsOf } from './traits.js';

export const requestNumber = {
  setup: 0,
  proveWithMode: 1,
  destroy: 2,
  execute: 100,
  verify: 101,
  info: 102,
  waitReady: 103,
  proveWithProgress: 104,
} as const;

export type FramePart =
  | { readonly kind: 'bytes'; readonly bytes: Buffer }
  | { readonly kind: 'file'; readonly file: StoredFile };

/** One frame to send. The first part begins with its length. */
export type OutgoingFrame = readonly FramePart[];

const bytesPart = (...bytes: Buffer[]): FramePart => ({ kind: 'bytes', bytes: Buffer.concat(bytes) });
const filePart = (file: StoredFile): FramePart => ({ kind: 'file', file });

/** A frame's length is a u32. */
export const maxFrameBytes = 2 ** 32 - 1;

const sizeOf = (part: FramePart) => (part.kind === 'bytes' ? part.bytes.length : part.file.sizeBytes);

/** All bytes of the frame, its length included. */
export const frameBytes = (frame: OutgoingFrame) => frame.reduce((sum, part) => sum + sizeOf(part), 0);

/** Puts the length in front. ARTIFACT_TOO_LARGE names the largest file when the frame would pass 4 GiB − 1. */
function frameOf(parts: readonly FramePart[]): Outcome<OutgoingFrame> {
  const length = frameBytes(parts);
  if (length <= maxFrameBytes) return succeeded([bytesPart(encodeU32(length)), ...parts]);
  const files = parts.filter((part) => part.kind === 'file');
  const largest = files.reduce((a, b) => (sizeOf(a) >= sizeOf(b) ? a : b));
  const limitBytes = maxFrameBytes - (length - sizeOf(largest));
  return {
    ok: false,
    failure: fail('ARTIFACT_TOO_LARGE', { kind: largest.file.kind, limitBytes: Math.max(0, limitBytes) }),
  };
}

export const setupFrame = (program: StoredFile) =>
  frameOf([bytesPart(encodeU32(requestNumber.setup)), filePart(program)]);

/** Setup of a program that is no artifact. */
export const setupElfFrame = (elf: Buffer) => frameOf([bytesPart(encodeU32(requestNumber.setup), encodeBytes(elf))]);

/** `key`: 32 bytes, as Setup answered them. The nonce is all zeros, as the SDK sends it by default. */
export function proveFrame(kind: EngineKind, mode: ProofMode, key: Buffer, stdin: StoredFile) {
  const { reportsProgress } = traitsOf[kind];
  const request = reportsProgress ? requestNumber.proveWithProgress : requestNumber.proveWithMode;
  return frameOf([
    bytesPart(encodeU32(request, proofModeNumber[mode]), key),
    filePart(stdin),
    bytesPart(encodeU32(0, 0, 0, 0)),
  ]);
}

export const destroyFrame = (key: Buffer) => frameOf([bytesPart(encodeU32(requestNumber.destroy), key)]);

/** Limits are u64 in decimal; progress frames are asked for. */
export const executeFrame = (job: {
  readonly cycleLimit: string;
  readonly gasLimit: string;
  readonly program: StoredFile;
  readonly stdin: StoredFile;
}) =>
  frameOf([
    bytesPart(
      encodeU32(requestNumber.execute),
      encodeU8(1),
      encodeU64(BigInt(job.cycleLimit)),
      encodeU64(BigInt(job.gasLimit)),
    ),
    filePart(job.program),
    filePart(job.stdin),
  ]);

export const verifyFrame = (vk: Buffer, proof: StoredFile) =>
  frameOf([bytesPart(encodeU32(requestNumber.verify), encodeBytes(vk)), filePart(proof)]);

export const infoFrame = () => frameOf([bytesPart(encodeU32(requestNumber.info))]);

export const waitReadyFrame = (mode: ProofMode) =>
  frameOf([bytesPart(encodeU32(requestNumber.waitReady, proofModeNumber[mode]))]);
