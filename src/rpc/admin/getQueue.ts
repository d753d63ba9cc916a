// Queue.Get: who waits in which line, for how long, and who is next.
import type { MessageInitShape } from '@bufbuild/protobuf';
import type { LineSchema, QueueGetResponseSchema } from '../../gen/admin/v1/queue_pb.js';
import { Tally } from '../../tally.js';
import { dispatchOf, intakeOf } from './acts/pause.js';
import type { AdminDependencies } from './dependencies.js';
import { type Line, type LinesDependencies, linesOf, oldestWait } from './lines.js';
import { span } from './spans.js';

const mostRequesters = 20;
const mostNext = 10;

export const getQueue =
  (dependencies: LinesDependencies & Pick<AdminDependencies, 'admission' | 'orders'>) =>
  (): MessageInitShape<typeof QueueGetResponseSchema> => {
    const { inside, window } = dependencies.admission;
    const pauses = { ...intakeOf(dependencies), ...dispatchOf(dependencies) };
    return { ...pauses, inside, window, lines: linesOf(dependencies).map(lineOf) };
  };

function lineOf(line: Line): MessageInitShape<typeof LineSchema> {
  const { name, waiting } = line;
  const modes = new Tally<string>();
  const requesters = new Tally<string>();
  for (const { mode, requester } of waiting) {
    modes.add(mode);
    requesters.add(requester);
  }
  const top = [...requesters.entries()].sort(([, a], [, b]) => b - a).slice(0, mostRequesters);
  const oldest = oldestWait([line]);
  return {
    name,
    depth: waiting.length,
    byMode: Object.fromEntries(modes.entries()),
    topRequesters: top.map(([requester, depth]) => ({ requester, depth })),
    next: waiting.slice(0, mostNext).map(({ requestId }) => requestId),
    ...(oldest !== undefined && { oldestWait: span(oldest) }),
  };
}
