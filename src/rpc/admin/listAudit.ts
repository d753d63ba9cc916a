// Service.AuditList: what operators have done, newest first.
import type { MessageInitShape } from '@bufbuild/protobuf';
import { fail } from '../../failures/fail.js';
import { FailureError } from '../../failures/failureError.js';
import type { ServiceAuditListRequest, ServiceAuditListResponseSchema } from '../../gen/admin/v1/service_pb.js';
import { auditOf } from './auditOf.js';
import type { AdminDependencies } from './dependencies.js';
import { moment } from './spans.js';

const usualSize = 100;
const mostRows = 500;

/** Throws NOT_UNDERSTOOD. */
export const listAudit =
  ({ audit }: Pick<AdminDependencies, 'audit'>) =>
  ({ before, size }: ServiceAuditListRequest): MessageInitShape<typeof ServiceAuditListResponseSchema> => {
    if (size > mostRows)
      throw new FailureError(fail('NOT_UNDERSTOOD', { field: 'size', problem: `it is at most ${mostRows}` }));
    const found = audit.list(size || usualSize, before === 0n ? undefined : Number(before));
    return { rows: found.map((entry) => ({ feed: BigInt(entry.n), at: moment(entry.at), audit: auditOf(entry) })) };
  };
