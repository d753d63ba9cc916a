// The words of the request machine: what it remembers, what it hears, and the rules by which it judges a failure.
// The states themselves are in `machine.ts`.
import { createHash } from 'node:crypto';
import { assign, fromCallback, setup } from 'xstate';
import type { Execution, RequestMode } from '../../engines/jobs.js';
import type { Failure } from '../../failures/catalog.js';
import { fail } from '../../failures/fail.js';
import type { Address, ArtifactId, LaneId, RequestId, Sha256, VkHash } from '../../ids.js';
import type { SigningKey } from '../../tee/signer.js';

/** The two schemas of SP1's wire: Reserved and hosted mode speak base, Mainnet mode speaks auction. */
export type Flavour = 'base' | 'auction';

/** What was asked for. Never changes after intake. */
export interface ProofRequest {
  readonly requestId: RequestId;
  readonly requester: Address;
  /** Which schema of the wire the client spoke. It is answered in kind. */
  readonly flavour: Flavour;
  /** All zeros where the program came with the request: its set-up says what its key is. */
  readonly vkHash: VkHash;
  /** Mode tee: what is signed, where it is not a TEE proof but the second factor of SP1's TEE 2FA. */
  readonly form?: 'secondFactor';
  /** Mode tee: the program artifact that came with the request, and goes with it. Others are registered. */
  readonly program?: { readonly id: ArtifactId; readonly sha256: Sha256; readonly sizeBytes: number };
  /** Circuit version as the client sent it, for example `sp1-v6.1.0`. */
  readonly version: string;
  readonly mode: RequestMode;
  /** FulfillmentStrategy, echoed in details. */
  readonly strategy: number;
  readonly stdin: {
    readonly id: ArtifactId;
    readonly sha256: Sha256;
    readonly sizeBytes: number;
    /** Uploaded as PRIVATE_STDIN. Absent in requests of a time when that made no difference to where it is kept. */
    readonly private?: boolean;
  };
  readonly stdinPrivate: boolean;
  /** Epoch ms. On the wire it is in seconds. */
  readonly deadlineAt: number;
  /** u64 in decimal; 2^64 − 1 means none. */
  readonly cycleLimit: string;
  readonly gasLimit: string;
  readonly minAuctionPeriod: string;
  readonly whitelist: readonly Address[];
  /** What the client would pay, u64 in decimal: auction only, and echoed in details. Nothing is charged. */
  readonly prices?: { readonly baseFee: string; readonly maxPricePerPgu: string };
  /** What the guest committed to when the client ran it, in hex: auction only, and only of clients that simulate. */
  readonly publicValuesHash?: string;
  /** The trace of the client in which it is to be seen, as W3C writes it. */
  readonly traceparent?: string;
  readonly createdAt: number;
}

export interface ProofRef {
  readonly id: ArtifactId;
  readonly sha256: Sha256;
  readonly sizeBytes: number;
  /** Mode tee: whose signature it is, as far as that was known when it was made. */
  readonly signer?: SigningKey;
  /** Not made here, nor asked of here. */
  readonly found?: true;
}

/** What this process has seen of an execution that is to be signed for, and its word for it. */
export interface Vouched {
  /** Of the key that was set up from the program, not of the one that was registered. */
  readonly vkHash: VkHash;
  /** Of the program artifact that was set up and executed. */
  readonly programSha256: Sha256;
  readonly publicValues: ProofRef;
  /** Over all of it, what was asked for and what was counted: `tee/vouchers.ts`. In hex. */
  readonly mac: string;
}

/** An execution as a request remembers it: in mode tee with what may be signed. */
export interface RecordedExecution extends Execution {
  readonly vouched?: Vouched;
}

export interface RequestContext {
  readonly request: ProofRequest;
  /** Number of the current or last try of each stage, from 1. Part of the key of a stage's result. */
  readonly tries: { readonly execute: number; readonly prove: number; readonly verify: number };
  /** Engines that died while they worked on this request. Two make it poisonous. */
  readonly engineDeaths: number;
  /** Tries of the current stage that failed by the engine's fault. */
  readonly faults: number;
  /** Digest of the engine's words in the last of these faults, for as long as it refused. Absent in snapshots of earlier releases. */
  readonly lastRefusal?: string | null;
  readonly rejectedProofs: number;
  readonly lane: LaneId | null;
  readonly execution: RecordedExecution | null;
  readonly proof: ProofRef | null;
  /** Epoch ms at which backing off ends. */
  readonly retryAt: number | null;
  /** Why it failed, or is held. */
  readonly failure: Failure | null;
  /** Epoch ms. As it was asked for, or as an operator has moved it. */
  readonly deadlineAt: number;
  readonly priority: Priority;
  /** Epoch ms at which it is held no longer. */
  readonly heldUntil: number | null;
}

/** One class before the turns of requesters. */
export const priorities = ['first', 'normal', 'last'] as const;
export type Priority = (typeof priorities)[number];

export type RequestEvent =
  | { type: 'ADMITTED' }
  /** The effect was (re)started and has no lane yet. */
  | { type: 'LANE_AWAITED' }
  | { type: 'LANE_GRANTED'; laneId: LaneId }
  | { type: 'EXECUTED'; execution: RecordedExecution }
  | { type: 'PROVEN'; proof: ProofRef }
  /** Made by somebody else, or in a life that is forgotten: not believed before it is verified. */
  | { type: 'PROOF_FOUND'; proof: ProofRef }
  | { type: 'VERIFIED' }
  /** Mode tee: a key signs now, or none does (any more). */
  | { type: 'SIGNER_FOUND' }
  | { type: 'SIGNER_AWAITED' }
  | { type: 'SIGNED'; proof: ProofRef }
  /** Nothing of this process vouches for the recorded execution. */
  | { type: 'UNVOUCHED' }
  /** The stage's effect failed at `at` (epoch ms). What follows is decided by the failure's own `retry`. */
  | StageFailed
  | { type: 'RETRY_DUE' }
  /** An operator's words on one that is held, and the end of its time. */
  | { type: 'RETRY' }
  | { type: 'END_HOLD' }
  | { type: 'HOLD_OVER' }
  | { type: 'DEADLINE_MOVED'; deadlineAt: number }
  | { type: 'PRIORITY_SET'; priority: Priority }
  | { type: 'CANCEL' }
  /** Nobody wants a proof of it from here any more. */
  | { type: 'GIVE_UP'; failure: Failure }
  | { type: 'DEADLINE_PASSED' };

export interface StageFailed {
  readonly type: 'STAGE_FAILED';
  readonly failure: Failure;
  readonly at: number;
  /** One that would end by a fault of ours waits so long for an operator (ms). Absent or 0: it ends. */
  readonly holdMs?: number;
}

/** Input of every effect: enough to find the request and to key what the effect produces. */
export interface StageInput {
  readonly request: ProofRequest;
  readonly attempt: number;
  readonly execution: RecordedExecution | null;
  readonly proof: ProofRef | null;
}

/** Input of the admission: no more than ranks a request in the line, because it is stored with each one that waits. */
export interface AdmissionInput {
  readonly requestId: RequestId;
  readonly requester: Address;
  readonly deadlineAt: number;
}

/** Three faults of a stage ride out a driver hiccup and a restart. A fourth only burns GPU time that others wait for. */
export const maxFaults = 3;
/** One death may be the machine's fault. The second on the same input is the input's. */
const poisonousDeaths = 2;
/** One bad proof may be a bit flip. A second one is a defect that a third would repeat. */
const maxRejectedProofs = 2;
/** Pause after the first and any later fault, in ms: long enough for an engine to restart, short against a proof (minutes). */
export const backOffMs = { first: 2_000, later: 10_000 } as const;

const effect = () => fromCallback<RequestEvent, StageInput>(() => {});
const timer = () => fromCallback<RequestEvent, { at: number }>(() => {});

/** Did an engine die because of (or at least during) this request? */
const isBlamed = (failure: Failure) =>
  (failure.code === 'ENGINE_LOST' && failure.blame) || failure.code === 'OUT_OF_MEMORY';

/** An engine's own error has words that can repeat; those of a lost engine or a full disk say nothing about the request. */
const refusalMark = (failure: Failure): string | null =>
  failure.code === 'ENGINE_REFUSED' ? createHash('sha256').update(failure.detail).digest('hex') : null;

/** Failures of the service, which an operator may repair. Whatever else ends a request is the client's, or would be the same again. */
const ours: ReadonlySet<Failure['code']> = new Set(['OUT_OF_MEMORY', 'CIRCUITS_MISSING', 'INTERNAL', 'DISK_FULL']);

const isFinal = (failure: Failure) => failure.retry !== 'transient';
const isPoison = ({ engineDeaths }: RequestContext, failure: Failure) =>
  isBlamed(failure) && engineDeaths + 1 >= poisonousDeaths;
/** On whichever lane: what is the same each time is no engine's fault, and would be the same once more. */
const isRepeated = ({ lastRefusal }: RequestContext, failure: Failure) => {
  const mark = refusalMark(failure);
  return mark !== null && lastRefusal === mark;
};
const isInnocent = (failure: Failure) =>
  (failure.code === 'ENGINE_LOST' && !failure.blame) || failure.code === 'ABORTED';
const isHeld = ({ holdMs = 0 }: StageFailed) => holdMs > 0;

/** What each guard asks, for those who look at the machine. */
export const requestGuards = {
  isSigned: 'It is asked for in mode tee: signed, and not proved.',
  isFinal: 'The failure would be the same at another try.',
  isFinalAndHeld: 'The failure is the service’s and would be the same at another try, and failed requests are held.',
  isPoison: 'Another engine has died on it, and the request may be the reason.',
  isPoisonAndHeld: 'Another engine has died on it, and failed requests are held.',
  isHeld: 'Failed requests are held for an operator.',
  isUnexecuted: 'It has not been executed.',
  isUnproven: 'It has no proof.',
  isInnocent: 'The engine was gone before it looked at this request: nothing counts.',
  isFoundAndFailed: 'Its proof is another prover’s, and did not pass.',
  isDiskFull: 'The disk is full, which another try at once would not change.',
  isRejectedProof: 'The proof does not verify.',
  isLastRejection: 'The proof does not verify, as the ones before it.',
  isRepeated: 'The engine refuses it in the same words as before.',
  isRepeatedAndHeld: 'The engine refuses it in the same words as before, and failed requests are held.',
  hasTriesLeft: 'It has not failed so often in a row that it is given up.',
};

export const requestSetup = setup({
  types: {
    context: {} as RequestContext,
    events: {} as RequestEvent,
    input: {} as ProofRequest,
    tags: {} as 'open' | 'running' | 'held' | 'terminal',
  },
  actors: {
    admit: fromCallback<RequestEvent, AdmissionInput>(() => {}),
    execute: effect(),
    prove: effect(),
    verify: effect(),
    sign: effect(),
    deadline: timer(),
    backOff: timer(),
    hold: timer(),
  },
  guards: {
    isSigned: ({ context }) => context.request.mode === 'tee',
    isFinal: (_, failure: Failure) => isFinal(failure),
    isFinalAndHeld: (_, event: StageFailed) => isHeld(event) && isFinal(event.failure) && ours.has(event.failure.code),
    isPoison: ({ context }, failure: Failure) => isPoison(context, failure),
    isPoisonAndHeld: ({ context }, event: StageFailed) => isHeld(event) && isPoison(context, event.failure),
    /** Of a stage whose last try has failed: POISONOUS and ATTEMPTS_EXHAUSTED are the service's. */
    isHeld: (_, event: StageFailed) => isHeld(event),
    isUnexecuted: ({ context }) => context.execution === null,
    isUnproven: ({ context }) => context.proof === null,
    /** The engine was gone before it looked at this request: nothing was tried, nothing counts. */
    isInnocent: (_, failure: Failure) => isInnocent(failure),
    /** Of bytes that are another's, nothing is tried twice: what made them fail, or an engine die of them, is not this request. */
    isFoundAndFailed: ({ context }, failure: Failure) => context.proof?.found === true && !isInnocent(failure),
    /** No fault of the engine either, but trying again at once would only fill the disk again. */
    isDiskFull: (_, failure: Failure) => failure.code === 'DISK_FULL',
    isRejectedProof: (_, failure: Failure) => failure.code === 'PROOF_INVALID',
    isLastRejection: ({ context }, failure: Failure) =>
      failure.code === 'PROOF_INVALID' && context.rejectedProofs + 1 >= maxRejectedProofs,
    isRepeated: ({ context }, failure: Failure) => isRepeated(context, failure),
    isRepeatedAndHeld: ({ context }, event: StageFailed) => isHeld(event) && isRepeated(context, event.failure),
    hasTriesLeft: ({ context }) => context.faults + 1 < maxFaults,
  },
  actions: {
    recordLane: assign({ lane: (_, laneId: LaneId) => laneId }),
    forgetLane: assign({ lane: null }),
    recordExecution: assign({
      execution: (_, execution: RecordedExecution) => execution,
      lane: null,
      faults: 0,
      lastRefusal: null,
    }),
    forgetExecution: assign({ execution: null, faults: 0 }),
    recordProof: assign({ proof: (_, proof: ProofRef) => proof, lane: null, faults: 0, lastRefusal: null }),
    recordFailure: assign({ failure: (_, failure: Failure) => failure, lane: null }),
    recordElsewhere: assign({ failure: () => fail('PROVED_ELSEWHERE'), lane: null }),
    recordPoison: assign({
      failure: ({ context }, lastFailure: Failure) =>
        fail('POISONOUS', { engineDeaths: context.engineDeaths + 1, lastFailure }),
      engineDeaths: ({ context }) => context.engineDeaths + 1,
      lane: null,
    }),
    recordExhaustion: assign({
      failure: ({ context }, lastFailure: Failure) =>
        fail('ATTEMPTS_EXHAUSTED', { attempts: context.faults + 1, last: lastFailure.code, lastFailure }),
      lane: null,
    }),
    recordRepetition: assign({
      failure: ({ context }, lastFailure: Failure) =>
        fail('ATTEMPTS_EXHAUSTED', {
          attempts: context.faults + 1,
          last: lastFailure.code,
          lastFailure,
          repeated: true,
        }),
      lane: null,
    }),
    recordFault: assign({
      engineDeaths: ({ context }, failure: Failure) => context.engineDeaths + (isBlamed(failure) ? 1 : 0),
      faults: ({ context }) => context.faults + 1,
      lastRefusal: (_, failure: Failure) => refusalMark(failure),
      lane: null,
    }),
    recordRejection: assign({ rejectedProofs: ({ context }) => context.rejectedProofs + 1, proof: null, lane: null }),
    recordBackOff: assign({
      retryAt: ({ context }, at: number) => at + (context.faults <= 1 ? backOffMs.first : backOffMs.later),
      lane: null,
    }),
    recordHold: assign({ heldUntil: (_, { at, holdMs = 0 }: StageFailed) => at + holdMs }),
    /** What it has been through says nothing about a service that was repaired. */
    recordRetry: assign({ faults: 0, engineDeaths: 0, lastRefusal: null, failure: null, heldUntil: null }),
    recordDeadline: assign({ deadlineAt: (_, deadlineAt: number) => deadlineAt }),
    recordPriority: assign({ priority: (_, priority: Priority) => priority }),
    recordTry: assign({
      tries: ({ context }, stage: keyof RequestContext['tries']) => ({
        ...context.tries,
        [stage]: context.tries[stage] + 1,
      }),
      retryAt: null,
    }),
  },
});

/** Input of a stage's effect, from the context as it is on entry. */
export const stageInput = (context: RequestContext, stage: keyof RequestContext['tries']): StageInput => ({
  request: context.request,
  attempt: context.tries[stage],
  execution: context.execution,
  proof: context.proof,
});

export const admissionInput = ({ request: { requestId, requester, deadlineAt } }: RequestContext): AdmissionInput => ({
  requestId,
  requester,
  deadlineAt,
});

/** The context of a request that nothing has happened to yet. */
export const freshContext = (request: ProofRequest): RequestContext => ({
  request,
  tries: { execute: 1, prove: 0, verify: 0 },
  engineDeaths: 0,
  faults: 0,
  rejectedProofs: 0,
  lane: null,
  execution: null,
  proof: null,
  retryAt: null,
  failure: null,
  deadlineAt: request.deadlineAt,
  priority: 'normal',
  heldUntil: null,
});
