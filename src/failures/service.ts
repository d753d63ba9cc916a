// Failures of the service as a whole: its start, its stop, its disk, its bugs.
import { failure } from './define.js';
import { inTime } from './words.js';

export const serviceFailures = {
  STARTING: failure('transient', () => 'The service is starting. Try again in a moment.'),
  /** Intake, at an operator's word. `untilAt`: when it is open again at the latest (epoch ms). */
  PAUSED: failure<{ untilAt: number }>(
    'transient',
    ({ untilAt }) =>
      `New requests are not taken for now: the operators have paused intake. It opens again by ${inTime(untilAt)}.`,
  ),
  DRAINING: failure('transient', () => 'The service is stopping. Try again when it is back.'),
  /** The data folder has no room. */
  DISK_FULL: failure(
    'transient',
    () => 'The data folder has no room left. Nothing was lost; try again when there is room.',
  ),
  ABORTED: failure('transient', () => 'The work was given up before it ended.'),
  INTERNAL: failure<{ reference: string }>(
    'bug',
    ({ reference }) => `Something went wrong here. The log says more under ${reference}.`,
  ),
};
