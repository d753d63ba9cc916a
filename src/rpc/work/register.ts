// Work.Register: a worker begins under its name.
import type { MessageInitShape } from '@bufbuild/protobuf';
import type { RegisterRequest, RegisterResponseSchema } from '../../gen/work/v1/work_pb.js';
import type { CallContext } from '../../transport/grpc/call.js';
import type { WorkDependencies } from './dependencies.js';
import { certificateOf, nameOf, wordsOf } from './fields.js';

export const register =
  ({ roster }: WorkDependencies) =>
  (
    { name, version, circuits }: RegisterRequest,
    call: CallContext,
  ): MessageInitShape<typeof RegisterResponseSchema> => {
    const epoch = roster.register({
      name: nameOf(name, 'name'),
      certificate: certificateOf(call),
      version: wordsOf(version),
      circuits: wordsOf(circuits),
    });
    const { leaseMs, holdMs } = roster.times;
    return { epoch, leaseMs, holdMs };
  };
