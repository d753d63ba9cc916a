// Work.Lease: a job for a lane that has none. Held until there is one.
import type { MessageInitShape } from '@bufbuild/protobuf';
import type { ProveJob } from '../../engines/jobs.js';
import type { JobSchema, LeaseRequest, LeaseResponseSchema } from '../../gen/work/v1/work_pb.js';
import { proofLimitBytes } from '../../remoteLanes/proofLimits.js';
import type { StoredFile } from '../../storedBytes/storedFile.js';
import type { CallContext } from '../../transport/grpc/call.js';
import type { WorkDependencies } from './dependencies.js';
import { certificateOf, nameOf } from './fields.js';

export const lease =
  ({ roster }: WorkDependencies) =>
  async ({ epoch, lane }: LeaseRequest, call: CallContext): Promise<MessageInitShape<typeof LeaseResponseSchema>> => {
    const worker = roster.worker(epoch, certificateOf(call));
    const engine = await worker.engine(nameOf(lane, 'lane'), call.signal);
    const leased = await engine?.ask(call.signal);
    return leased === undefined ? {} : { job: jobOf(leased.id, leased.job) };
  };

const jobOf = (id: string, job: ProveJob): MessageInitShape<typeof JobSchema> => ({
  lease: id,
  requestId: job.requestId,
  attempt: job.attempt,
  mode: job.mode,
  vkHash: job.vkHash,
  vk: job.vk,
  ...(job.zeroFillTrap !== undefined && { zeroFillTrap: job.zeroFillTrap }),
  program: inputOf(job.program),
  stdin: inputOf(job.stdin),
  proofLimitBytes: BigInt(proofLimitBytes[job.mode]),
});

const inputOf = ({ sha256, sizeBytes }: StoredFile) => ({ sha256, sizeBytes: BigInt(sizeBytes) });
