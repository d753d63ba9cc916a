// Requests.MoveDeadline and SetPriority: how long a request may wait, and before whom.
import { timestampMs } from '@bufbuild/protobuf/wkt';
import { fail } from '../../../failures/fail.js';
import { FailureError } from '../../../failures/failureError.js';
import { inTime } from '../../../failures/words.js';
import { Requests } from '../../../gen/admin/v1/requests_pb.js';
import type { Priority } from '../../../machines/queue/queue.js';
import { priorities } from '../../../machines/request/rules.js';
import { isTerminal, type RequestView } from '../../../machines/request/view.js';
import { printable } from '../../../printable.js';
import type { AdminDependencies } from '../dependencies.js';
import { type LinesDependencies, linesOf } from '../lines.js';
import { acting } from './acting.js';
import { nothingToDo, type OnRequestDependencies, onRequest } from './onRequest.js';

type MoveDependencies = OnRequestDependencies & Pick<AdminDependencies, 'clock'>;

type RankDependencies = OnRequestDependencies & LinesDependencies;

/** What is nearer would end it rather than hurry it (ms). */
const leastNoticeMs = 60_000;
/** A request that is older is forgotten by its client (ms). */
const longestLifeMs = 30 * 86_400_000;

/** Refused when it has ended, and when the deadline is too near or too late. */
export const moveDeadline = (dependencies: MoveDependencies) =>
  acting(
    Requests.method.moveDeadline,
    dependencies,
    onRequest('move-deadline', dependencies, (view, call) => {
      if (isTerminal(view)) throw nothingToDo('move-deadline', view.state);
      const { requestId, createdAt } = view.request;
      const deadlineAt = call.deadline === undefined ? Number.NaN : timestampMs(call.deadline);
      const [from, to] = [dependencies.clock.now() + leastNoticeMs, createdAt + longestLifeMs];
      if (!(deadlineAt >= from && deadlineAt <= to)) {
        const problem = `give a time between ${inTime(from)} and ${inTime(to)}: a minute from now, and 30 days after it was asked for`;
        throw new FailureError(fail('NOT_UNDERSTOOD', { field: 'deadline', problem }));
      }
      if (deadlineAt === view.deadlineAt) throw nothingToDo('move-deadline', 'its deadline already');
      return {
        event: { type: 'DEADLINE_MOVED', deadlineAt },
        effects: [
          `The deadline of request ${requestId} moves from ${inTime(view.deadlineAt)} to ${inTime(deadlineAt)}.`,
        ],
      };
    }),
  );

/** Refused when it has ended. */
export const setPriority = (dependencies: RankDependencies) =>
  acting(
    Requests.method.setPriority,
    dependencies,
    onRequest('priority', dependencies, (view, call) => {
      const priority = priorities.find((each) => each === call.priority);
      if (priority === undefined) {
        const problem = `"${printable(call.priority, 20)}" is none of ${priorities.join(', ')}`;
        throw new FailureError(fail('NOT_UNDERSTOOD', { field: 'priority', problem }));
      }
      if (isTerminal(view)) throw nothingToDo('priority', view.state);
      if (priority === view.priority) throw nothingToDo('priority', `${priority} already`);
      const { requestId } = view.request;
      return {
        event: { type: 'PRIORITY_SET', priority },
        effects: [
          `Request ${requestId} waits as ${priority} from now on: ${meanings[priority]}.`,
          ...whoWaitsLonger(view, priority, dependencies),
        ],
      };
    }),
  );

const classOf = (priority: Priority) => ['first', 'normal', 'last'].indexOf(priority);

/** Of its line as it is: those whom it comes before, or who come before it. Turns within a class are not foreseen. */
function whoWaitsLonger(view: RequestView, priority: Priority, dependencies: RankDependencies): string[] {
  const { requestId } = view.request;
  const isHere = (each: { readonly requestId: string }) => each.requestId === requestId;
  const line = linesOf(dependencies).find(({ waiting }) => waiting.some(isHere))?.waiting;
  if (line === undefined) return ['It waits in no line now, so nobody waits longer by it.'];
  const place = line.findIndex(isHere);
  const isSooner = classOf(priority) < classOf(view.priority);
  const passed = (isSooner ? line.slice(0, place) : line.slice(place + 1)).filter((each) => {
    const theirs = classOf(dependencies.registry.view(each.requestId)?.priority ?? 'normal');
    return isSooner ? theirs > classOf(priority) : theirs < classOf(priority);
  });
  const requesters = new Set(passed.map(({ requester }) => requester)).size;
  return isSooner
    ? [`Up to ${passed.length} requests of ${requesters} requesters wait longer by it.`]
    : [
        `It waits longer itself: ${passed.length} requests of ${requesters} requesters that are behind it go before it.`,
      ];
}

const meanings = {
  first: 'before all that are normal or last',
  normal: 'in the turn of its requester',
  last: 'behind all that are first or normal',
} as const;
