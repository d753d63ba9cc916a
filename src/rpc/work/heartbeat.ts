// Work.Heartbeat: what a worker offers and works on. Held until there is something to say.
import type { MessageInitShape } from '@bufbuild/protobuf';
import { malformed } from '../../failures/malformed.js';
import type { HeartbeatRequest, HeartbeatResponseSchema } from '../../gen/work/v1/work_pb.js';
import type { CallContext } from '../../transport/grpc/call.js';
import type { WorkDependencies } from './dependencies.js';
import { certificateOf, digestsOf, modesOf, mostLanes, nameOf, progressOf } from './fields.js';

export const heartbeat =
  ({ roster }: WorkDependencies) =>
  async (
    { epoch, lanes, running }: HeartbeatRequest,
    call: CallContext,
  ): Promise<MessageInitShape<typeof HeartbeatResponseSchema>> => {
    const worker = roster.worker(epoch, certificateOf(call));
    if (lanes.length > mostLanes || running.length > mostLanes)
      throw malformed('lanes', `a worker has at most ${mostLanes} of them`);
    const offers = lanes.map(({ id, modes, programs }) => ({
      id: nameOf(id, 'lane'),
      modes: modesOf(modes),
      programs: digestsOf(programs),
    }));
    const said = running.map(({ lease, progress }) => ({ lease, progress: progressOf(progress) }));
    return { cancelled: [...(await worker.heartbeat({ offers, running: said }, call.signal))] };
  };
