// Work.Write: one piece of a proof, in order. Each is an answered call, so that what is under way is bounded by what was taken.
import type { MessageInitShape } from '@bufbuild/protobuf';
import { fail } from '../../failures/fail.js';
import { FailureError } from '../../failures/failureError.js';
import { failureFrom } from '../../failures/failureFrom.js';
import type { WriteRequest, WriteResponseSchema } from '../../gen/work/v1/work_pb.js';
import type { CallContext } from '../../transport/grpc/call.js';
import type { WorkDependencies } from './dependencies.js';
import { certificateOf } from './fields.js';

export const write =
  ({ roster }: WorkDependencies) =>
  async (
    { epoch, lease: id, offset, piece }: WriteRequest,
    call: CallContext,
  ): Promise<MessageInitShape<typeof WriteResponseSchema>> => {
    const held = roster.lease(epoch, certificateOf(call), id);
    if (held === undefined) throw new FailureError(fail('LEASE_LOST'));
    try {
      await held.lease.proof.write(Number(offset), piece);
    } catch (error) {
      // A disk that is full, for example: the job ends as it would on a lane of this machine.
      if (!(error instanceof FailureError))
        held.engine.fail(held.lease, failureFrom(error, `the proof of ${held.lease.job.requestId}`));
      throw error;
    }
    return {};
  };
