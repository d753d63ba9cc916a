// Queue.PauseIntake and PauseDispatch: nothing new is taken in, or nothing is given to lanes.
import { durationMs } from '@bufbuild/protobuf/wkt';
import { fail } from '../../../failures/fail.js';
import { FailureError } from '../../../failures/failureError.js';
import { Queue } from '../../../gen/admin/v1/queue_pb.js';
import type { AdminDependencies } from '../dependencies.js';
import { linesOf } from '../lines.js';
import { orderOf } from '../orderOf.js';
import { type ActingDependencies, acting } from './acting.js';
import { nothingToDo } from './onRequest.js';
import { refuseSeq } from './onService.js';

export type PauseDependencies = ActingDependencies &
  Pick<AdminDependencies, 'orders' | 'clock' | 'admission' | 'scheduling' | 'registry'>;

/** As long as a short repair. A pause that nobody remembers must not keep clients out over night (ms). */
const usualPauseMs = 30 * 60_000;
const longestPauseMs = 24 * 3_600_000;
const soonMs = 3_600_000;

/** Refused when intake is paused already. */
export const pauseIntake = (dependencies: PauseDependencies) => {
  const { orders, clock } = dependencies;
  return acting(Queue.method.pauseIntake, dependencies, {
    name: 'intake.pause',
    plan(call, expectedSeq) {
      refuseSeq(expectedSeq);
      if (orders.of('intake') !== undefined) throw nothingToDo('intake pause', 'paused already');
      const forMs = call.for === undefined ? usualPauseMs : durationMs(call.for);
      if (!(forMs >= 1_000 && forMs <= longestPauseMs))
        throw new FailureError(fail('NOT_UNDERSTOOD', { field: 'for', problem: 'a pause lasts 1 s to 24 h' }));
      return {
        target: '',
        effects: [
          `New requests are refused as PAUSED for ${Math.round(forMs / 1000)} s, or until intake is resumed. SDKs try for two minutes, then their users see an error.`,
        ],
        apply: (act) => orders.set('intake', { what: 'paused', untilAt: clock.now() + forMs }, act),
      };
    },
    answer: () => intakeOf(dependencies),
  });
};

/** Refused when dispatch is paused already. */
export const pauseDispatch = (dependencies: PauseDependencies) => {
  const { orders, clock, registry, scheduling } = dependencies;
  return acting(Queue.method.pauseDispatch, dependencies, {
    name: 'dispatch.pause',
    plan(_, expectedSeq) {
      refuseSeq(expectedSeq);
      if (orders.of('dispatch') !== undefined) throw nothingToDo('dispatch pause', 'paused already');
      const waiting = linesOf(dependencies).flatMap((line) => line.waiting);
      const soon = waiting.filter(({ requestId }) => {
        const view = registry.view(requestId);
        return view !== undefined && view.deadlineAt - clock.now() < soonMs;
      });
      const running = scheduling.laneReports().filter(({ current }) => current !== undefined).length;
      return {
        target: '',
        effects: [
          `No lane is given a job until dispatch is resumed, also after a restart. ${running} that run go on.`,
          `${waiting.length} requests wait, and ${soon.length} of them have deadlines within an hour.`,
        ],
        apply: (act) => orders.set('dispatch', { what: 'paused' }, act),
      };
    },
    answer: () => dispatchOf(dependencies),
  });
};

export const intakeOf = ({ orders }: Pick<AdminDependencies, 'orders'>) => {
  const order = orders.of('intake');
  return order === undefined ? {} : { intake: orderOf(order) };
};

export const dispatchOf = ({ orders }: Pick<AdminDependencies, 'orders'>) => {
  const order = orders.of('dispatch');
  return order === undefined ? {} : { dispatch: orderOf(order) };
};
