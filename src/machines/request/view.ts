// What a request looks like from outside: a pure function of its snapshot, a union by state, so that no reader has to guess
// which fields hold.
import type { Progress } from '../../engines/jobs.js';
import type { Failure } from '../../failures/catalog.js';
import type { LaneId, VkHash } from '../../ids.js';
import { pathOfState } from '../pathOfState.js';
import type { Priority, ProofRef, ProofRequest, RecordedExecution, RequestContext } from './rules.js';

/** `waiting` for a lane or a signer, `running` with one, or `backingOff` between two tries (proving only). */
export const phases = ['waiting', 'running', 'backingOff'] as const;
export type Phase = (typeof phases)[number];

interface Common {
  readonly request: ProofRequest;
  /** Number of transitions so far. The journal has exactly the entries 0 to `seq`. */
  readonly seq: number;
  /** Epoch ms of the last transition. */
  readonly updatedAt: number;
  /** From its beginning to its last transition (ms), whatever became of the clock meanwhile. */
  readonly elapsedMs: number;
  /** Tries at each stage so far. Each may have left a result behind, and one at the proof a file. */
  readonly tries: RequestContext['tries'];
  /** Epoch ms. As an operator may have moved it, unlike what was asked for. */
  readonly deadlineAt: number;
  readonly priority: Priority;
}

export type RequestView = Common &
  (
    | { readonly state: 'requested' }
    | { readonly state: 'executing'; readonly phase: Phase; readonly attempt: number; readonly lane: LaneId | null }
    | {
        readonly state: 'proving';
        readonly phase: Phase;
        readonly attempt: number;
        readonly lane: LaneId | null;
        /** Faults in a row, and when the pause after the last of them ends (epoch ms). */
        readonly faults: number;
        readonly retryAt: number | null;
        readonly execution: RecordedExecution;
      }
    | {
        readonly state: 'verifying';
        readonly phase: Phase;
        readonly attempt: number;
        readonly lane: LaneId | null;
        readonly execution: RecordedExecution;
      }
    | {
        readonly state: 'signing';
        readonly phase: Phase;
        readonly attempt: number;
        readonly execution: RecordedExecution;
      }
    | {
        readonly state: 'held';
        readonly failure: Failure;
        /** Epoch ms. */
        readonly untilAt: number;
        readonly execution: RecordedExecution | null;
      }
    | { readonly state: 'fulfilled'; readonly execution: RecordedExecution; readonly proof: ProofRef }
    | { readonly state: 'failed'; readonly failure: Failure; readonly execution: RecordedExecution | null }
    | { readonly state: 'cancelled'; readonly execution: RecordedExecution | null }
    | { readonly state: 'expired'; readonly execution: RecordedExecution | null }
  );

export type RequestState = RequestView['state'];
const openStates = [
  'requested',
  'executing',
  'proving',
  'verifying',
  'signing',
  'held',
] as const satisfies readonly RequestState[];
export const endStates = ['fulfilled', 'failed', 'cancelled', 'expired'] as const satisfies readonly RequestState[];
export const requestStates: readonly RequestState[] = [...openStates, ...endStates];
export const terminalStates: ReadonlySet<RequestState> = new Set(endStates);
export const isTerminal = (view: RequestView): boolean => terminalStates.has(view.state);

/** Whether its program must be registered by this hash: one that has brought its own needs none. */
export const needsProgram = ({ request }: RequestView, vkHash: VkHash): boolean =>
  request.vkHash === vkHash && request.program === undefined;

/** The program's name: of one that came with its request as soon as it is known. */
export const vkHashOf = (view: RequestView): VkHash =>
  ('execution' in view && view.execution?.vouched?.vkHash) || view.request.vkHash;

/** A live snapshot or a persisted one: both have these two. */
export interface SnapshotLike {
  readonly value: unknown;
  readonly context: RequestContext;
}

/** `executing.running`, `proving.backingOff`, `fulfilled`: the path as people say it, without the wrapping states. */
export const statePath = (value: unknown): string => pathOfState(value, ['open', 'attempting']);

/** Of the last transition, as its envelope has them. */
interface Times {
  readonly seq: number;
  readonly at: number;
  readonly elapsedMs?: number;
}

/** Throws when the snapshot contradicts itself (a fulfilled request without a proof): that is our bug, not the caller's. */
export function viewOf(snapshot: SnapshotLike, { seq, at: updatedAt, elapsedMs }: Times): RequestView {
  const { context } = snapshot;
  const { request } = context;
  const common = {
    request,
    seq,
    updatedAt,
    elapsedMs: elapsedMs ?? Math.max(0, updatedAt - request.createdAt),
    tries: context.tries,
    // A snapshot of an earlier release is looked at as it is, too.
    deadlineAt: context.deadlineAt ?? request.deadlineAt,
    priority: context.priority ?? 'normal',
  };
  const [state, inner] = statePath(snapshot.value).split('.');
  const phase = (inner ?? 'waiting') as Phase;
  switch (state) {
    case 'requested':
      return { ...common, state };
    case 'executing':
      return { ...common, state, phase, attempt: context.tries.execute, lane: context.lane };
    case 'proving':
      return {
        ...common,
        state,
        phase,
        attempt: context.tries.prove,
        lane: context.lane,
        faults: context.faults,
        retryAt: context.retryAt,
        execution: executionOf(context),
      };
    case 'verifying':
      return {
        ...common,
        state,
        phase,
        attempt: context.tries.prove,
        lane: context.lane,
        execution: executionOf(context),
      };
    case 'signing':
      return { ...common, state, phase, attempt: context.tries.prove, execution: executionOf(context) };
    case 'held':
      if (context.failure === null) throw new Error(`request ${context.request.requestId} is held without a failure`);
      return {
        ...common,
        state,
        failure: context.failure,
        untilAt: context.heldUntil ?? 0,
        execution: context.execution,
      };
    case 'fulfilled':
      if (context.proof === null) throw new Error(`request ${context.request.requestId} is fulfilled without a proof`);
      return { ...common, state, execution: executionOf(context), proof: context.proof };
    case 'failed':
      if (context.failure === null) throw new Error(`request ${context.request.requestId} failed without a failure`);
      return { ...common, state, failure: context.failure, execution: context.execution };
    case 'cancelled':
    case 'expired':
      return { ...common, state, execution: context.execution };
    default:
      throw new Error(`request ${context.request.requestId} is in an unknown state ${JSON.stringify(snapshot.value)}`);
  }
}

function executionOf(context: RequestContext): RecordedExecution {
  if (context.execution === null) throw new Error(`request ${context.request.requestId} was never executed`);
  return context.execution;
}

/** Progress of the running stage: in memory only, lost without harm. */
export interface LiveProgress extends Progress {
  /** Epoch ms of the last report. */
  readonly at: number;
}
