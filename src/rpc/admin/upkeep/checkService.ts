// Upkeep.Check: whether what lies on disk fits together, looked at while the service goes on.
import type { MessageInitShape } from '@bufbuild/protobuf';
import { Role } from '../../../gen/admin/v1/access_pb.js';
import type { UpkeepCheckRequest, UpkeepCheckResponseSchema } from '../../../gen/admin/v1/upkeep_pb.js';
import type { Inconsistency } from '../../../store/inconsistency.js';
import type { Caller } from '../../connect/caller.js';
import { may } from '../access/roles.js';
import type { AdminDependencies } from '../dependencies.js';

const mostFindings = 1_000;

export const checkService =
  ({ upkeep }: Pick<AdminDependencies, 'upkeep'>) =>
  async (
    { deep }: UpkeepCheckRequest,
    { role }: Caller,
  ): Promise<MessageInitShape<typeof UpkeepCheckResponseSchema>> => {
    const findings: Inconsistency[] = [];
    let total = 0n;
    for await (const finding of upkeep.check({ isDeep: deep })) {
      total += 1n;
      if (findings.length < mostFindings) findings.push(may(role, Role.OPERATE) ? finding : withoutProof(finding));
    }
    return { findings, total };
  };

/** Of a file that may be a proof: whoever has its id may download it, once it is whole again. */
const withoutProof = (finding: Inconsistency): Inconsistency =>
  finding.code.startsWith('FILE') ? { ...finding, id: '' } : finding;
