// How open requests are ranked in the lines: as they were asked for, or as operators have it. A line hears of it when that is on disk.
import type { RequestId } from '../ids.js';
import type { Scheduling } from '../lanes/scheduling.js';
import type { Rank } from '../machines/queue/queue.js';
import type { ProofRequest } from '../machines/request/rules.js';
import { isTerminal, type RequestView } from '../machines/request/view.js';
import type { Admission } from './admission.js';

export interface Ranks {
  /** What is persisted with an effect may be older. */
  of(request: ProofRequest): Rank;
  /** It is durable now. */
  note(view: RequestView): void;
}

export function createRanks(parts: {
  readonly admission: Pick<Admission, 'rerank'>;
  readonly scheduling: Pick<Scheduling, 'rerank'>;
  readonly viewOf: (requestId: RequestId) => RequestView | undefined;
}): Ranks {
  /** Those that operators have ranked anew. */
  const moved = new Set<RequestId>();
  return {
    of: ({ requestId, deadlineAt }) => parts.viewOf(requestId) ?? { deadlineAt, priority: 'normal' },
    note(view) {
      const { request, deadlineAt, priority } = view;
      const { requestId } = request;
      if (isTerminal(view)) return void moved.delete(requestId);
      if (priority === 'normal' && deadlineAt === request.deadlineAt && !moved.has(requestId)) return;
      moved.add(requestId);
      parts.admission.rerank(requestId, { deadlineAt, priority });
      parts.scheduling.rerank(requestId, { deadlineAt, priority });
    },
  };
}
