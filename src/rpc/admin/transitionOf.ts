// An entry of the journal of a machine other than a request, as operators see it.
import type { MessageInitShape } from '@bufbuild/protobuf';
import type { TransitionSchema } from '../../gen/admin/v1/shared_pb.js';
import type { JournalEntry } from '../../store/buckets.js';
import { moment } from './spans.js';

export const transitionOf = (
  seq: number,
  { at, from, to, on, attempt = 0, life = 0, act }: JournalEntry,
): MessageInitShape<typeof TransitionSchema> => ({
  seq,
  at: moment(at),
  from,
  to,
  on,
  attempt,
  life,
  ...(act && { by: act.operator, reason: act.reason }),
});
