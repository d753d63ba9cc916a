// Work.Leave: a worker ends. What it holds goes to others at once.
import type { MessageInitShape } from '@bufbuild/protobuf';
import type { LeaveRequest, LeaveResponseSchema } from '../../gen/work/v1/work_pb.js';
import type { CallContext } from '../../transport/grpc/call.js';
import type { WorkDependencies } from './dependencies.js';
import { certificateOf } from './fields.js';

export const leave =
  ({ roster }: WorkDependencies) =>
  ({ epoch }: LeaveRequest, call: CallContext): MessageInitShape<typeof LeaveResponseSchema> => {
    roster.leave(roster.worker(epoch, certificateOf(call)));
    return {};
  };
