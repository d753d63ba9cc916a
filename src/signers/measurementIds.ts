// The two ids by which a registry knows what runs in a VM.
import { keccak_256 } from '@noble/hashes/sha3';
import type { TdReport } from '../attestation/verify/quote/tdReport.js';

export interface MeasurementIds {
  /** Of everything that is measured. 32 bytes in hex. */
  readonly plain: string;
  /** Of the operating system and the compose hash: the same for every instance of a dstack app. */
  readonly dstack: string;
}

export function measurementIds({
  mrTd,
  rtmr,
  mrConfigId,
}: Pick<TdReport, 'mrTd' | 'rtmr' | 'mrConfigId'>): MeasurementIds {
  const idOf = (kind: number, ...parts: readonly Uint8Array[]) =>
    Buffer.from(keccak_256(Buffer.concat([Buffer.of(kind), ...parts]))).toString('hex');
  return { plain: idOf(1, mrTd, ...rtmr), dstack: idOf(2, mrTd, ...rtmr.slice(0, 3), mrConfigId) };
}
