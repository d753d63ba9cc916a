// Work.Fail: a lease ends without a proof. What a worker may say about the reason is little: it cannot end a request in another way than
// a lane of this machine could, and its words are bounded.
import type { MessageInitShape } from '@bufbuild/protobuf';
import type { Failure } from '../../failures/catalog.js';
import { fail as failure } from '../../failures/fail.js';
import type { FailRequest, FailResponseSchema } from '../../gen/work/v1/work_pb.js';
import type { HeldLease } from '../../remoteLanes/worker.js';
import type { CallContext } from '../../transport/grpc/call.js';
import type { WorkDependencies } from './dependencies.js';
import { certificateOf, wordsOf } from './fields.js';

export const fail =
  ({ roster }: WorkDependencies) =>
  ({ epoch, lease: id, ...said }: FailRequest, call: CallContext): MessageInitShape<typeof FailResponseSchema> => {
    const held = roster.lease(epoch, certificateOf(call), id);
    return { counts: held?.engine.fail(held.lease, failureOf(said, held)) ?? false };
  };

function failureOf(
  { code, detail, blame }: Pick<FailRequest, 'code' | 'detail' | 'blame'>,
  { engine, lease: { job } }: HeldLease,
): Failure {
  const { laneId } = engine;
  const words = wordsOf(detail);
  const { vkHash, zeroFillTrap } = job;
  switch (code) {
    case 'DISK_FULL':
      return failure('DISK_FULL');
    case 'OUT_OF_MEMORY':
      return failure('OUT_OF_MEMORY', { laneId });
    case 'VERIFICATION_KEY_MISMATCH':
      return failure('VERIFICATION_KEY_MISMATCH', { vkHash, ...(zeroFillTrap !== undefined && { zeroFillTrap }) });
    case 'ENGINE_LOST':
      return failure('ENGINE_LOST', { laneId, detail: words, blame });
    default:
      return failure('ENGINE_REFUSED', { laneId, detail: words || wordsOf(code) });
  }
}
