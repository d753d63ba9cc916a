// Artifacts.Verify: whether every stored byte is as it was stored.
import type { MessageInitShape } from '@bufbuild/protobuf';
import { fail } from '../../../failures/fail.js';
import { FailureError } from '../../../failures/failureError.js';
import type { ArtifactsVerifyRequest, ArtifactsVerifyResponseSchema } from '../../../gen/admin/v1/artifacts_pb.js';
import type { Inconsistency } from '../../../store/inconsistency.js';
import type { AdminDependencies } from '../dependencies.js';

const mostFindings = 1_000;
/** A disk that serves requests has several times as much. */
const usualBytesPerSecond = 50_000_000;
const leastBytesPerSecond = 1_000_000;

/** Throws NOT_UNDERSTOOD, and NOTHING_TO_DO while it is being done; DRAINING when the service stops before it is through. */
export const verifyArtifacts =
  ({ upkeep, readiness }: Pick<AdminDependencies, 'upkeep' | 'readiness'>) =>
  async (request: ArtifactsVerifyRequest): Promise<MessageInitShape<typeof ArtifactsVerifyResponseSchema>> => {
    const bytesPerSecond = Number(request.bytesPerSecond) || usualBytesPerSecond;
    if (bytesPerSecond < leastBytesPerSecond)
      throw new FailureError(
        fail('NOT_UNDERSTOOD', { field: 'bytes_per_second', problem: 'it is 1,000,000 at least' }),
      );
    const findings: Inconsistency[] = [];
    let [files, sizeBytes, total] = [0, 0, 0n];
    for await (const each of upkeep.verify({ bytesPerSecond })) {
      if (readiness.state === 'draining') throw new FailureError(fail('DRAINING'));
      files += 1;
      sizeBytes += each.sizeBytes;
      if (each.finding === undefined) continue;
      total += 1n;
      if (findings.length < mostFindings) findings.push(each.finding);
    }
    return { findings, total, files, sizeBytes: BigInt(sizeBytes) };
  };
