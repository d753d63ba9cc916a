// Upkeep.Check: whether what lies on disk fits together, looked at while the service goes on.
import type { MessageInitShape } from '@bufbuild/protobuf';
import type { UpkeepCheckRequest, UpkeepCheckResponseSchema } from '../../../gen/admin/v1/upkeep_pb.js';
import type { Inconsistency } from '../../../store/inconsistency.js';
import type { AdminDependencies } from '../dependencies.js';

const mostFindings = 1_000;

export const checkService =
  ({ upkeep }: Pick<AdminDependencies, 'upkeep'>) =>
  async ({ deep }: UpkeepCheckRequest): Promise<MessageInitShape<typeof UpkeepCheckResponseSchema>> => {
    const findings: Inconsistency[] = [];
    let total = 0n;
    for await (const finding of upkeep.check({ isDeep: deep })) {
      total += 1n;
      if (findings.length < mostFindings) findings.push(finding);
    }
    return { findings, total };
  };
