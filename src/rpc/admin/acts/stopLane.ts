// Lanes.Stop, Start and Restart: engines that are ended and started at an operator's word.
import { Lanes } from '../../../gen/admin/v1/lanes_pb.js';
import { acting } from './acting.js';
import { assertNotLast, jobLost, type OnLaneDependencies, onLane } from './onLane.js';
import { nothingToDo } from './onRequest.js';

/** Refused when it is stopped already, and when it is the last one for some work. */
export const stopLane = (dependencies: OnLaneDependencies) =>
  acting(
    Lanes.method.stop,
    dependencies,
    onLane('stop', dependencies, (report, order, { force }) => {
      const { id } = report;
      if (order?.what === 'stopped') throw nothingToDo('lane stop', 'stopped already');
      assertNotLast(report, force, dependencies);
      return {
        effects: [
          `The engine of lane ${id} is ended until the lane is started, also after a restart.`,
          jobLost(report),
        ],
        async apply(act) {
          await dependencies.orders.set(`lane.${id}`, { what: 'stopped' }, act);
          await dependencies.scheduling.stopLane(id);
        },
      };
    }),
  );

const able = ['starting', 'ready', 'busy', 'preparing'];

/** Refused when it runs. */
export const startLane = (dependencies: OnLaneDependencies) =>
  acting(
    Lanes.method.start,
    dependencies,
    onLane('start', dependencies, ({ id, state }, order) => {
      if (order?.what !== 'stopped' && able.includes(state)) throw nothingToDo('lane start', state);
      const isStopped = order?.what === 'stopped';
      return {
        effects: [`An engine is started on lane ${id}, which was ${isStopped ? 'stopped' : state}.`],
        async apply(act) {
          if (isStopped) await dependencies.orders.set(`lane.${id}`, undefined, act);
          else await dependencies.orders.note(act);
          dependencies.scheduling.startLane(id);
        },
      };
    }),
  );

/** Refused when it is stopped. */
export const restartLane = (dependencies: OnLaneDependencies) =>
  acting(
    Lanes.method.restart,
    dependencies,
    onLane('restart', dependencies, (report, order) => {
      const { id } = report;
      if (order?.what === 'stopped') throw nothingToDo('lane restart', 'stopped: start it');
      return {
        effects: [`The engine of lane ${id} is ended and another one started.`, jobLost(report)],
        async apply(act) {
          await dependencies.orders.note(act);
          await dependencies.scheduling.stopLane(id);
          dependencies.scheduling.startLane(id);
        },
      };
    }),
  );
