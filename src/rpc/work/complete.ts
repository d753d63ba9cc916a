// Work.Complete: the proof of a lease is whole. It counts only while the lease is held, and the front verifies it before anybody sees it.
import type { MessageInitShape } from '@bufbuild/protobuf';
import type { CompleteRequest, CompleteResponseSchema } from '../../gen/work/v1/work_pb.js';
import type { CallContext } from '../../transport/grpc/call.js';
import type { WorkDependencies } from './dependencies.js';
import { certificateOf } from './fields.js';

export const complete =
  ({ roster }: WorkDependencies) =>
  async (
    { epoch, lease: id, sha256, sizeBytes }: CompleteRequest,
    call: CallContext,
  ): Promise<MessageInitShape<typeof CompleteResponseSchema>> => {
    const held = roster.lease(epoch, certificateOf(call), id);
    if (held === undefined) return { counts: false };
    const counts = await held.engine.complete(held.lease, { sha256, sizeBytes: Number(sizeBytes) });
    return { counts };
  };
