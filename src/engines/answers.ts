// Answers of docs/engine-protocol.md from bytes. A proof is not among them: `frameReader.ts` passes it on in pieces.
import { BincodeReader, MalformedFrame } from './bincode.js';
import type { EngineInfo } from './engine.js';
import {
  type Progress,
  type ProgressStage,
  type ProofMode,
  proofModeNumber,
  type WrappedMode,
  wrappedModes,
} from './jobs.js';

export const answerNumber = {
  ok: 0,
  setup: 1,
  proof: 2,
  proverError: 3,
  internalError: 4,
  connectionClosed: 5,
  executed: 100,
  verified: 101,
  info: 102,
  progress: 110,
  failure: 111,
} as const;

/** Bytes are hex, and counts from the guest are u64 in decimal. Texts are single lines of at most 500 characters. */
export type Answer =
  | { readonly kind: 'ok' }
  | { readonly kind: 'setup'; readonly key: string; readonly vk: string }
  | { readonly kind: 'proverError'; readonly text: string }
  | { readonly kind: 'internalError'; readonly text: string }
  | { readonly kind: 'connectionClosed' }
  | {
      readonly kind: 'executed';
      /** 0 = success, else ExecuteFailureCause. */
      readonly cause: number;
      /** All 64 bits, signed: -1 is what `exit(-1)` leaves. Rounded beyond 2^53. */
      readonly exitCode: number;
      readonly cycles: string;
      readonly gas: string;
      readonly publicValues: Uint8Array;
      readonly publicValuesHash: string;
      readonly text: string;
    }
  | {
      readonly kind: 'verified';
      readonly ok: boolean;
      /** Undefined when the proof did not decode to any mode. */
      readonly mode: ProofMode | undefined;
      readonly publicValuesHash: string;
      readonly text: string;
    }
  | { readonly kind: 'info'; readonly info: EngineInfo }
  | { readonly kind: 'progress'; readonly progress: Progress }
  | { readonly kind: 'failure'; readonly code: number; readonly text: string };

const vkSizeBytes = 104;
const modeOf = new Map(Object.entries(proofModeNumber).map(([mode, number]) => [number as number, mode as ProofMode]));
const roles = new Map([
  [1, 'execute'],
  [2, 'prove'],
] as const);
const provers = new Map([
  [0, 'none'],
  [1, 'loading'],
  [2, 'ready'],
] as const);

/** Progress stages by their number on the wire; number 0 is not used. */
export const progressStages: readonly ProgressStage[] = [
  'loading',
  'setup',
  'executing',
  'proving',
  'compressing',
  'shrinking',
  'wrapping',
];

/** Decodes a whole payload. Throws MalformedFrame for an unknown variant, bytes cut short or left over, or an unknown value. */
export function decodeAnswer(payload: Uint8Array): Answer {
  const reader = new BincodeReader(payload);
  const decode = decoders.get(reader.u32('variant'));
  if (decode === undefined) throw new MalformedFrame('unknown answer');
  const answer = decode(reader);
  reader.end();
  return answer;
}

const decoders = new Map<number, (r: BincodeReader) => Answer>([
  [answerNumber.ok, () => ({ kind: 'ok' })],
  [
    answerNumber.setup,
    (r) => ({ kind: 'setup', key: hex(r.raw(32, 'key')), vk: hex(r.raw(vkSizeBytes, 'verifying key')) }),
  ],
  [answerNumber.proverError, (r) => ({ kind: 'proverError', text: r.text('text') })],
  [answerNumber.internalError, (r) => ({ kind: 'internalError', text: r.text('text') })],
  [answerNumber.connectionClosed, () => ({ kind: 'connectionClosed' })],
  [answerNumber.executed, decodeExecuted],
  [answerNumber.verified, decodeVerified],
  [answerNumber.info, decodeInfo],
  [answerNumber.progress, decodeProgress],
  [answerNumber.failure, (r) => ({ kind: 'failure', code: r.u32('code'), text: r.text('message') })],
]);

function decodeExecuted(r: BincodeReader): Answer {
  return {
    kind: 'executed',
    cause: r.u32('cause'),
    exitCode: Number(BigInt.asIntN(64, r.u64('exit code'))),
    cycles: r.u64('cycles').toString(),
    gas: r.u64('gas').toString(),
    publicValues: r.bytes('public values'),
    publicValuesHash: hex(r.raw(32, 'public values hash')),
    text: r.text('message'),
  };
}

function decodeVerified(r: BincodeReader): Answer {
  return {
    kind: 'verified',
    ok: r.bool('ok'),
    mode: modeOf.get(r.u32('mode')),
    publicValuesHash: hex(r.raw(32, 'public values hash')),
    text: r.text('reason'),
  };
}

function decodeInfo(r: BincodeReader): Answer {
  const info = {
    crateVersion: r.text('crate version'),
    circuitVersion: r.text('circuit version'),
    role: known(roles, r.u32('role'), 'role'),
    cores: r.u32('cores'),
    memoryTotalBytes: r.count('memory total'),
    memoryAvailableBytes: r.count('memory available'),
    prover: known(provers, r.u32('prover'), 'prover'),
  };
  const circuits = r.u32('wrap circuits');
  const present = (mode: WrappedMode) => (circuits & (1 << proofModeNumber[mode])) !== 0;
  return { kind: 'info', info: { ...info, wrapCircuits: wrappedModes.filter(present) } };
}

function decodeProgress(r: BincodeReader): Answer {
  const stage = progressStages[r.u32('stage') - 1];
  if (stage === undefined) throw new MalformedFrame('unknown progress stage');
  return {
    kind: 'progress',
    progress: { stage, done: r.count('done'), total: r.count('total'), cycles: r.count('cycles') },
  };
}

function known<T>(values: ReadonlyMap<number, T>, value: number, field: string): T {
  const found = values.get(value);
  if (found === undefined) throw new MalformedFrame(`unknown ${field}`);
  return found;
}

const hex = (bytes: Buffer) => bytes.toString('hex');
