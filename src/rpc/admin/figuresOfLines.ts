// The lines in which requests wait, in figures: from a walk without their order, which takes longer to make than the walk itself.
import type { Clock } from '../../clock.js';
import { stages } from '../../engines/jobs.js';
import type { RequestId } from '../../ids.js';
import { inTurns } from '../../inTurns.js';
import type { RequestView } from '../../machines/request/view.js';
import { Tally } from '../../tally.js';
import type { Line, LinesDependencies } from './lines.js';

export type FiguresDependencies = LinesDependencies & { readonly clock: Pick<Clock, 'turn'> };

export interface LineFigures {
  readonly name: Line['name'];
  readonly depth: number;
  readonly byMode: Tally<string>;
  readonly byRequester: Tally<string>;
  /** The longest wait, by running time (ms). Undefined: nobody waits. */
  readonly oldestMs: number | undefined;
}

/** A request that is in no view yet, or no more, is left out. */
export async function figuresOfLines(dependencies: FiguresDependencies): Promise<readonly LineFigures[]> {
  const { admission, scheduling, registry, clock } = dependencies;
  // It has waited for its admission since it was asked for.
  const age = (requestId: RequestId, view: RequestView) => registry.elapsedMs(requestId) ?? view.elapsedMs;
  const found = [await figuresOf('admission', admission.applicants(), ({ requestId }, view) => age(requestId, view))];
  for (const stage of stages) found.push(await figuresOf(stage, scheduling.line(stage), ({ forMs }) => forMs));
  return found;

  async function figuresOf<W extends { readonly requestId: RequestId }>(
    name: Line['name'],
    waiting: Iterable<W>,
    waitMs: (each: W, view: RequestView) => number,
  ): Promise<LineFigures> {
    const [byMode, byRequester] = [new Tally<string>(), new Tally<string>()];
    let depth = 0;
    let oldestMs: number | undefined;
    await inTurns(waiting, clock, (each) => {
      const view = registry.view(each.requestId);
      if (view === undefined) return;
      depth += 1;
      byMode.add(view.request.mode);
      byRequester.add(view.request.requester);
      oldestMs = Math.max(oldestMs ?? 0, waitMs(each, view));
    });
    return { name, depth, byMode, byRequester, oldestMs };
  }
}

/** The longest wait in any of them (ms). Undefined: nothing waits. */
export const oldestOf = (lines: readonly LineFigures[]): number | undefined =>
  lines.reduce<number | undefined>(
    (oldest, { oldestMs }) => (oldestMs === undefined ? oldest : Math.max(oldest ?? 0, oldestMs)),
    undefined,
  );
