// Queue.ResumeIntake and ResumeDispatch: lift a pause.
import { Queue } from '../../../gen/admin/v1/queue_pb.js';
import type { AdminDependencies } from '../dependencies.js';
import { type ActingDependencies, acting } from './acting.js';
import { nothingToDo } from './onRequest.js';
import { refuseSeq } from './onService.js';
import { dispatchOf, intakeOf } from './pause.js';

type ResumeDependencies = ActingDependencies & Pick<AdminDependencies, 'orders'>;

/** Refused when intake is not paused. */
export const resumeIntake = (dependencies: ResumeDependencies) =>
  acting(Queue.method.resumeIntake, dependencies, {
    name: 'intake.resume',
    plan: (_, expectedSeq) => lifting('intake', 'New requests are taken again.', expectedSeq, dependencies),
    answer: () => intakeOf(dependencies),
  });

/** Refused when dispatch is not paused. */
export const resumeDispatch = (dependencies: ResumeDependencies) =>
  acting(Queue.method.resumeDispatch, dependencies, {
    name: 'dispatch.resume',
    plan: (_, expectedSeq) => lifting('dispatch', 'Lanes are given jobs again.', expectedSeq, dependencies),
    answer: () => dispatchOf(dependencies),
  });

function lifting(what: 'intake' | 'dispatch', effect: string, expectedSeq: number, { orders }: ResumeDependencies) {
  refuseSeq(expectedSeq);
  if (orders.of(what) === undefined) throw nothingToDo(`${what} resume`, 'not paused');
  return {
    target: '',
    effects: [effect],
    apply: (act: Parameters<typeof orders.set>[2]) => orders.set(what, undefined, act),
  };
}
