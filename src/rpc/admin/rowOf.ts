// One request as a row of a list.
import type { MessageInitShape } from '@bufbuild/protobuf';
import type { RowSchema } from '../../gen/admin/v1/requests_pb.js';
import { isTerminal, type LiveProgress, type RequestView } from '../../machines/request/view.js';
import type { Look } from '../../requests/why/why.js';
import type { AdminDependencies } from './dependencies.js';
import { problemOf } from './problem.js';
import { moment } from './spans.js';

/** `look`: of this call. */
export function rowOf(
  view: RequestView,
  look: Look,
  { registry, setAside }: Pick<AdminDependencies, 'registry' | 'setAside'>,
): MessageInitShape<typeof RowSchema> {
  const { request, state, seq } = view;
  const { requestId, requester, vkHash, mode, stdinPrivate } = request;
  const progress = isTerminal(view) ? undefined : registry.progress(requestId);
  return {
    id: requestId,
    state,
    requester,
    vkHash,
    mode,
    created: moment(request.createdAt),
    updated: moment(view.updatedAt),
    deadline: moment(view.deadlineAt),
    seq,
    reason: look.codeOf(view) ?? '',
    isPrivate: stdinPrivate,
    priority: view.priority,
    quarantined: setAside.has(requestId),
    ...('phase' in view && { phase: view.phase, attempt: view.attempt }),
    ...('lane' in view && { laneId: view.lane ?? '' }),
    ...(progress && { progress: progressOf(progress) }),
    ...('failure' in view && { failure: problemOf(view.failure) }),
    ...('execution' in view && view.execution && { cycles: view.execution.cycles }),
  };
}

export const progressOf = ({ stage, done, total, cycles }: Omit<LiveProgress, 'at'>) => ({
  stage,
  done,
  total,
  cycles: String(cycles),
});
