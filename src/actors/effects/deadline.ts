// Wakes a machine at an absolute time. Relative delays do not survive a restart; an absolute time does.
import { fromCallback } from 'xstate';
import type { Clock } from '../../clock.js';
import type { RequestEvent } from '../../machines/requestRules.js';

/** Sends `event` at or right after `at` (epoch ms), also when that has already passed. */
export const wakeEffect = (clock: Clock, event: 'DEADLINE_PASSED' | 'RETRY_DUE') =>
  fromCallback<RequestEvent, { at: number }>(({ input, sendBack }) =>
    clock.wakeAt(input.at, () => sendBack({ type: event })),
  );
