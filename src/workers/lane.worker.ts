// Piscina entry of a lane: one thread, one session with one engine, one task at a time. It moves all bulk bytes of its lane;
// the main thread sees digests and sizes.
import type { MessagePort } from 'node:worker_threads';
import { systemClock } from '../clock.js';
import type { FromLaneWorker, LaneOrder, LaneReply, LaneTask, LaneValues, ToLaneWorker } from '../engines/laneTask.js';
import { fail } from '../failures/fail.js';
import { failureFrom } from '../failures/failureFrom.js';
import { failed, type Outcome, succeeded } from '../failures/outcome.js';
import { thinnedProgress } from './lane/progress.js';
import { LaneSession, type Watch } from './lane/session.js';

interface Attached {
  readonly session: LaneSession;
  readonly events: MessagePort;
  /** Calls to give up, also those whose task has not arrived yet: the port and the task queue race. */
  abortedCall: number;
  currentCall: number;
}

let lane: Attached | undefined;

function attach(order: Extract<LaneOrder, { kind: 'attach' }>): Attached {
  const { events } = order;
  const tell = (message: FromLaneWorker) => events.postMessage(message);
  const session = new LaneSession(order.laneId, order.engine, order.socketPath, (connection, failure) =>
    tell({ kind: 'lost', connection, failure }),
  );
  const attached: Attached = { session, events, abortedCall: 0, currentCall: 0 };
  events.on('message', (message: ToLaneWorker) => {
    attached.abortedCall = message.call;
    if (attached.currentCall === message.call) session.cut(fail('ABORTED'));
  });
  return attached;
}

function watchOf(call: number, events: MessagePort): Watch {
  const tell = (message: FromLaneWorker) => events.postMessage(message);
  return {
    onProgress: thinnedProgress(systemClock, (progress) => tell({ kind: 'progress', call, progress })),
    onLastByte: () => tell({ kind: 'lastByte', call, at: systemClock.now() }),
  };
}

async function perform({ call, order }: LaneTask): Promise<Outcome<LaneValues[keyof LaneValues]>> {
  if (order.kind === 'attach') {
    lane = attach(order);
    return succeeded(undefined);
  }
  if (lane === undefined) return failed(fail('INTERNAL', { reference: `lane worker: ${order.kind} before attach` }));
  const { session, events } = lane;
  lane.currentCall = call;
  if (lane.abortedCall === call) return failed(fail('ABORTED'));
  const watch = watchOf(call, events);
  switch (order.kind) {
    case 'connect':
      return succeeded(await session.connect());
    case 'info':
      return session.info(watch);
    case 'waitReady':
      return session.waitReady(order.mode, watch);
    case 'run':
      return session.run(order.job, watch);
    case 'setUp':
      return session.setUp(order.program, watch);
    case 'forget':
      return session.forget(order.program, watch);
  }
}

export default async function laneTask(task: LaneTask): Promise<LaneReply> {
  const outcome = await perform(task).catch((thrown) =>
    failed(
      failureFrom(
        thrown,
        `lane worker: ${task.order.kind}: ${(thrown as NodeJS.ErrnoException).code ?? (thrown as Error).name}`,
      ),
    ),
  );
  if (lane !== undefined) lane.currentCall = 0;
  return { outcome, connection: lane?.session.connection ?? 0, programs: lane?.session.programs ?? [] };
}
