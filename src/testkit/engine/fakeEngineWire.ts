// The engine's side of docs/engine-protocol.md, for tests: requests from bytes, answers to bytes.
import { answerNumber, progressStages } from '../../engines/answers.js';
import { BincodeReader, encodeBytes, encodeU8, encodeU32, encodeU64 } from '../../engines/bincode.js';
import type { EngineInfo } from '../../engines/engine.js';
import { type Progress, type ProofMode, proofModeNumber, proofModes } from '../../engines/jobs.js';
import { requestNumber } from '../../engines/requests.js';
import type { FakeRequest } from './fakeEngineScript.js';

/** A request as the engine reads it. Artifacts are views of its frame. */
export type EngineRequest =
  | { readonly kind: 'setup'; readonly elf: Buffer }
  | {
      readonly kind: 'prove';
      readonly withProgress: boolean;
      readonly mode: ProofMode;
      readonly key: string;
      readonly stdin: Buffer;
      readonly nonce: Buffer;
    }
  | { readonly kind: 'destroy'; readonly key: string }
  | {
      readonly kind: 'execute';
      readonly progress: boolean;
      readonly cycleLimit: bigint;
      readonly gasLimit: bigint;
      readonly elf: Buffer;
      readonly stdin: Buffer;
    }
  | { readonly kind: 'verify'; readonly vk: Buffer; readonly proof: Buffer }
  | { readonly kind: 'info' }
  | { readonly kind: 'waitReady'; readonly mode: ProofMode };

export type RequestOf<K extends FakeRequest> = Extract<EngineRequest, { kind: K }>;

/** Reads one payload (without its length). Throws MalformedFrame. */
export function decodeRequest(payload: Uint8Array): EngineRequest {
  const reader = new BincodeReader(payload);
  const number = reader.u32('variant');
  const request = decodeFields(number, reader);
  reader.end();
  return request;
}

function decodeFields(number: number, r: BincodeReader): EngineRequest {
  switch (number) {
    case requestNumber.setup:
      return { kind: 'setup', elf: r.bytes('program') };
    case requestNumber.proveWithMode:
    case requestNumber.proveWithProgress: {
      const mode = modeOf(r.u32('mode'));
      const key = r.raw(32, 'key').toString('hex');
      const rest = r.rest();
      const withProgress = number === requestNumber.proveWithProgress;
      return { kind: 'prove', withProgress, mode, key, stdin: rest.subarray(0, -16), nonce: rest.subarray(-16) };
    }
    case requestNumber.destroy:
      return { kind: 'destroy', key: r.raw(32, 'key').toString('hex') };
    case requestNumber.execute: {
      const progress = r.bool('progress');
      const cycleLimit = r.u64('cycle limit');
      const gasLimit = r.u64('gas limit');
      return { kind: 'execute', progress, cycleLimit, gasLimit, elf: r.bytes('program'), stdin: r.rest() };
    }
    case requestNumber.verify:
      return { kind: 'verify', vk: r.bytes('vk'), proof: r.rest() };
    case requestNumber.info:
      return { kind: 'info' };
    case requestNumber.waitReady:
      return { kind: 'waitReady', mode: modeOf(r.u32('mode')) };
    default:
      throw new Error(`The fake engine does not know request ${number}.`);
  }
}

/** 0 means core in WaitReady, and a test asks for nothing else than the four. */
const modeOf = (number: number) => proofModes.find((mode) => proofModeNumber[mode] === number) ?? 'core';

/** Puts the length in front of a payload. */
const frame = (...parts: Uint8Array[]) => {
  const payload = Buffer.concat(parts);
  return Buffer.concat([encodeU32(payload.length), payload]);
};

/** Whole frames, length included. */
export const encodeAnswer = {
  ok: () => frame(encodeU32(answerNumber.ok)),
  setup: (key: Uint8Array, vk: Uint8Array) => frame(encodeU32(answerNumber.setup), key, vk),
  proof: (file: Uint8Array) => frame(encodeU32(answerNumber.proof), file),
  proverError: (text: string) => frame(encodeU32(answerNumber.proverError), encodeBytes(text)),
  internalError: (text: string) => frame(encodeU32(answerNumber.internalError), encodeBytes(text)),
  connectionClosed: () => frame(encodeU32(answerNumber.connectionClosed)),
  executed: (execution: {
    cause: number;
    exitCode: number;
    cycles: bigint;
    gas: bigint;
    publicValues: Uint8Array;
    publicValuesHash: Uint8Array;
    text: string;
  }) =>
    frame(
      encodeU32(answerNumber.executed, execution.cause),
      encodeU64(BigInt.asUintN(64, BigInt(execution.exitCode))),
      encodeU64(execution.cycles),
      encodeU64(execution.gas),
      encodeBytes(execution.publicValues),
      execution.publicValuesHash,
      encodeBytes(execution.text),
    ),
  verified: (ok: boolean, mode: ProofMode, publicValuesHash: Uint8Array, reason: string) =>
    frame(
      encodeU32(answerNumber.verified),
      encodeU8(ok ? 1 : 0),
      encodeU32(proofModeNumber[mode]),
      publicValuesHash,
      encodeBytes(reason),
    ),
  info: (info: EngineInfo) =>
    frame(
      encodeU32(answerNumber.info),
      encodeBytes(info.crateVersion),
      encodeBytes(info.circuitVersion),
      encodeU32(info.role === 'execute' ? 1 : 2, info.cores),
      encodeU64(info.memoryTotalBytes),
      encodeU64(info.memoryAvailableBytes),
      encodeU32(['none', 'loading', 'ready'].indexOf(info.prover)),
      encodeU32(info.wrapCircuits.reduce((bits, mode) => bits | (1 << proofModeNumber[mode]), 0)),
    ),
  progress: ({ stage, done, total, cycles }: Progress) =>
    frame(
      encodeU32(answerNumber.progress, progressStages.indexOf(stage) + 1),
      encodeU64(done),
      encodeU64(total),
      encodeU64(cycles),
    ),
  failure: (code: number, text: string) => frame(encodeU32(answerNumber.failure, code), encodeBytes(text)),
  /** A frame of a variant that may not exist. */
  variant: (variant: number) => frame(encodeU32(variant)),
};
