// What a request looks like from outside: a pure function of its snapshot, a union by state, so that no reader has to guess
// which fields hold.
import type { Execution, Progress } from '../engines/jobs.js';
import type { Failure } from '../errors.js';
import type { LaneId } from '../ids.js';
import type { ProofRef, ProofRequest, RequestContext } from './requestRules.js';

/** `waiting` for a lane, `running` on one, or `backingOff` between two tries (proving only). */
export type Phase = 'waiting' | 'running' | 'backingOff';

interface Common {
  readonly request: ProofRequest;
  /** Number of transitions so far; the journal has exactly the entries 0 to `seq`. */
  readonly seq: number;
  /** Epoch ms of the last transition. */
  readonly updatedAt: number;
  /** Tries at the proof so far; each may have left a file and a result behind. */
  readonly proveTries: number;
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
        readonly execution: Execution;
      }
    | {
        readonly state: 'verifying';
        readonly phase: Phase;
        readonly attempt: number;
        readonly lane: LaneId | null;
        readonly execution: Execution;
      }
    | { readonly state: 'fulfilled'; readonly execution: Execution; readonly proof: ProofRef }
    | { readonly state: 'failed'; readonly failure: Failure; readonly execution: Execution | null }
    | { readonly state: 'cancelled'; readonly execution: Execution | null }
    | { readonly state: 'expired'; readonly execution: Execution | null }
  );

export type RequestState = RequestView['state'];
export const terminalStates: ReadonlySet<RequestState> = new Set(['fulfilled', 'failed', 'cancelled', 'expired']);
export const isTerminal = (view: RequestView): boolean => terminalStates.has(view.state);

/** A live snapshot or a persisted one: both have these two. */
export interface SnapshotLike {
  readonly value: unknown;
  readonly context: RequestContext;
}

/** `executing.running`, `proving.backingOff`, `fulfilled`: the path as people say it, without the wrapping states. */
export function statePath(value: unknown): string {
  const parts: string[] = [];
  let rest: unknown = value;
  while (typeof rest === 'object' && rest !== null) {
    const [name, inner] = Object.entries(rest)[0] ?? [];
    if (name === undefined) break;
    parts.push(name);
    rest = inner;
  }
  if (typeof rest === 'string') parts.push(rest);
  return parts.filter((part) => part !== 'open' && part !== 'attempting').join('.');
}

/** Throws when the snapshot contradicts itself (a fulfilled request without a proof): that is our bug, not the caller's. */
export function viewOf(snapshot: SnapshotLike, seq: number, updatedAt: number): RequestView {
  const { context } = snapshot;
  const common = { request: context.request, seq, updatedAt, proveTries: context.tries.prove };
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

function executionOf(context: RequestContext): Execution {
  if (context.execution === null) throw new Error(`request ${context.request.requestId} was never executed`);
  return context.execution;
}

/** Progress of the running stage: in memory only, lost without harm. */
export interface LiveProgress extends Progress {
  /** Epoch ms of the last report. */
  readonly at: number;
}
