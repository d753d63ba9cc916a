// Requests.History: every transition of a request that is on disk, oldest first.
import type { MessageInitShape } from '@bufbuild/protobuf';
import type {
  EntrySchema,
  RequestsHistoryRequest,
  RequestsHistoryResponseSchema,
} from '../../gen/admin/v1/requests_pb.js';
import type { JournalEntry } from '../../store/buckets.js';
import type { AdminDependencies } from './dependencies.js';
import { historyLimit } from './historyLimit.js';
import { problemOf } from './problem.js';
import { requestNamed } from './requestNamed.js';
import { moment } from './spans.js';

export type GetHistoryDependencies = Pick<AdminDependencies, 'browse' | 'registry'>;

/** Throws NOT_UNDERSTOOD, REQUEST_UNKNOWN, AMBIGUOUS_ID. */
export const getHistory =
  (dependencies: GetHistoryDependencies) =>
  async (call: RequestsHistoryRequest): Promise<MessageInitShape<typeof RequestsHistoryResponseSchema>> => {
    const limit = historyLimit(call.limit);
    const view = await requestNamed(call.id, dependencies);
    const found = dependencies.browse.history(view, call.fromSeq, limit);
    return {
      id: view.request.requestId,
      entries: found.map(({ seq, entry }) => entryOf(seq, entry)),
      isComplete: found.length < limit || found.at(-1)?.seq === view.seq,
    };
  };

export function entryOf(seq: number, entry: JournalEntry): MessageInitShape<typeof EntrySchema> {
  const { at, from, to, on, lane = '', attempt = 0, life = 0, failure, act } = entry;
  return {
    seq,
    at: moment(at),
    from,
    to,
    on,
    laneId: lane,
    attempt,
    life,
    ...(failure && { failure: problemOf(failure) }),
    ...(act && { by: act.operator, reason: act.reason }),
  };
}
