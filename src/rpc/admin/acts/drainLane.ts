// Lanes.Drain and Resume: a lane that is given nothing new, and one that is again.
import { Lanes } from '../../../gen/admin/v1/lanes_pb.js';
import { acting } from './acting.js';
import { assertNotLast, type OnLaneDependencies, onLane } from './onLane.js';
import { nothingToDo } from './onRequest.js';

/** Refused when it is drained or stopped already, and when it is the last one for some work. */
export const drainLane = (dependencies: OnLaneDependencies) =>
  acting(
    Lanes.method.drain,
    dependencies,
    onLane('drain', dependencies, (report, order, { force }) => {
      if (order !== undefined) throw nothingToDo('lane drain', `${order.what} already`);
      assertNotLast(report, force, dependencies);
      const job = report.current === undefined ? '' : ' Its job goes on to its end.';
      return {
        effects: [`Lane ${report.id} is given nothing new until it is resumed, also after a restart.${job}`],
        apply: (act) => dependencies.orders.set(`lane.${report.id}`, { what: 'drained' }, act),
      };
    }),
  );

/** Refused when it is not drained. */
export const resumeLane = (dependencies: OnLaneDependencies) =>
  acting(
    Lanes.method.resume,
    dependencies,
    onLane('resume', dependencies, (report, order) => {
      if (order?.what !== 'drained') throw nothingToDo('lane resume', order?.what ?? 'not drained');
      return {
        effects: [`Lane ${report.id} is given jobs again.`],
        apply: (act) => dependencies.orders.set(`lane.${report.id}`, undefined, act),
      };
    }),
  );
