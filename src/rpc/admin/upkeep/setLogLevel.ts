// Upkeep.SetLogLevel: another level of the log for a while. It reverts by itself, so that nobody forgets a disk that fills.
import { fail } from '../../../failures/fail.js';
import { FailureError } from '../../../failures/failureError.js';
import { Upkeep, type UpkeepSetLogLevelRequest } from '../../../gen/admin/v1/upkeep_pb.js';
import type { LogLevel } from '../../../log.js';
import { type ActingDependencies, acting } from '../acts/acting.js';
import type { AdminDependencies } from '../dependencies.js';

const levels: readonly LogLevel[] = ['fatal', 'error', 'warn', 'info', 'debug', 'trace'];
const usualMs = 3_600_000;
const longestMs = 24 * 3_600_000;

/** Throws NOT_UNDERSTOOD. */
export const setLogLevel = (dependencies: ActingDependencies & Pick<AdminDependencies, 'upkeep'>) =>
  acting(Upkeep.method.setLogLevel, dependencies, {
    name: 'service.log-level',
    plan(call) {
      const level = levels.find((known) => known === call.level);
      const refuse = (field: string, problem: string) => new FailureError(fail('NOT_UNDERSTOOD', { field, problem }));
      if (level === undefined) throw refuse('level', `it is one of ${levels.join(', ')}`);
      const forMs = msOf(call);
      if (!(forMs >= 1_000 && forMs <= longestMs)) throw refuse('for', 'it is a second to 24 hours');
      return {
        target: '',
        effects: [
          `The log tells ${level} and above for ${forMs / 1_000} s, then again as configured. Now it is ${dependencies.upkeep.logLevel}.`,
        ],
        apply: (act) => dependencies.upkeep.setLogLevel(level, forMs, act),
      };
    },
    answer: () => ({ level: dependencies.upkeep.logLevel }),
  });

const msOf = ({ for: given }: UpkeepSetLogLevelRequest): number =>
  given === undefined ? usualMs : Number(given.seconds) * 1_000 + Math.floor(given.nanos / 1_000_000);
