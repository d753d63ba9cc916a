// Queue.Get: who waits in which line, for how long, and who is next.
import type { MessageInitShape } from '@bufbuild/protobuf';
import type { LineSchema, QueueGetResponseSchema } from '../../gen/admin/v1/queue_pb.js';
import type { RequestId } from '../../ids.js';
import { dispatchOf, intakeOf } from './acts/pause.js';
import type { AdminDependencies } from './dependencies.js';
import { type FiguresDependencies, figuresOfLines, type LineFigures } from './figuresOfLines.js';
import { span } from './spans.js';

const mostRequesters = 20;
const mostNext = 10;

type QueueDependencies = FiguresDependencies & Pick<AdminDependencies, 'orders'>;

export const getQueue =
  (dependencies: QueueDependencies) => async (): Promise<MessageInitShape<typeof QueueGetResponseSchema>> => {
    const lines = await figuresOfLines(dependencies);
    const { inside, window } = dependencies.admission;
    const pauses = { ...intakeOf(dependencies), ...dispatchOf(dependencies) };
    return { ...pauses, inside, window, lines: lines.map((line) => lineOf(line, dependencies)) };
  };

function lineOf(
  { name, depth, byMode, byRequester, oldestMs }: LineFigures,
  dependencies: QueueDependencies,
): MessageInitShape<typeof LineSchema> {
  const top = [...byRequester.entries()].sort(([, a], [, b]) => b - a).slice(0, mostRequesters);
  return {
    name,
    depth,
    byMode: Object.fromEntries(byMode.entries()),
    topRequesters: top.map(([requester, count]) => ({ requester, depth: count })),
    next: nextIn(name, dependencies),
    ...(oldestMs !== undefined && { oldestWait: span(oldestMs) }),
  };
}

/** A request that is in no view yet, or no more, is left out. */
function nextIn(line: LineFigures['name'], { admission, scheduling, registry }: QueueDependencies): RequestId[] {
  const next =
    line === 'admission' ? admission.order(mostNext) : scheduling.line(line).map(({ requestId }) => requestId);
  return next.slice(0, mostNext).filter((requestId) => registry.view(requestId) !== undefined);
}
