// An operator's action as others see it.
import type { MessageInitShape } from '@bufbuild/protobuf';
import type { AuditSchema } from '../../gen/admin/v1/shared_pb.js';
import type { Act } from '../../store/buckets.js';

export const auditOf = ({
  operator,
  isClaimed,
  action,
  target,
  reason,
  effects,
  operationId,
}: Act): MessageInitShape<typeof AuditSchema> => ({
  operator,
  isClaimed,
  action,
  target,
  reason,
  effects: [...effects],
  operationId,
});
