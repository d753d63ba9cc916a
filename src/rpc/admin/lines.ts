// The lines in which requests wait, as one list each: in order, with who waits and for how long.
import { type Stage, stages } from '../../engines/jobs.js';
import type { RequestId } from '../../ids.js';
import type { AdminDependencies } from './dependencies.js';

export interface WaitingRequest {
  readonly requestId: RequestId;
  readonly requester: string;
  readonly mode: string;
  /** Running time (ms). */
  readonly forMs: number;
}

export interface Line {
  readonly name: 'admission' | Stage;
  readonly waiting: readonly WaitingRequest[];
}

export type LinesDependencies = Pick<AdminDependencies, 'admission' | 'scheduling' | 'registry'>;

/** A request that is in no view yet, or no more, is left out. */
export function linesOf({ admission, scheduling, registry }: LinesDependencies): readonly Line[] {
  const shown = (requestId: RequestId, forMs?: number): WaitingRequest[] => {
    const view = registry.view(requestId);
    if (view === undefined) return [];
    const { requester, mode } = view.request;
    return [{ requestId, requester, mode, forMs: forMs ?? registry.elapsedMs(requestId) ?? view.elapsedMs }];
  };
  return [
    // It has waited for its admission since it was asked for.
    { name: 'admission', waiting: admission.order().flatMap((requestId) => shown(requestId)) },
    ...stages.map((stage) => ({
      name: stage,
      waiting: scheduling.line(stage).flatMap(({ requestId, forMs }) => shown(requestId, forMs)),
    })),
  ];
}
