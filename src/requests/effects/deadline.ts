// Wakes a machine at an absolute time. Unlike a relative delay, that survives a restart. A deadline is a moment that the
// client has named. A back-off is a pause of ours, and lasts as long whether or not the clock is set.
import { fromCallback } from 'xstate';
import type { Clock } from '../../clock.js';
import { backOffMs, type RequestEvent } from '../../machines/request/rules.js';

/** Sends DEADLINE_PASSED at or right after `at` (epoch ms), also when that has already passed. */
export const deadlineEffect = (clock: Clock) =>
  fromCallback<RequestEvent, { at: number }>(({ input, sendBack }) =>
    clock.wakeAt(input.at, () => sendBack({ type: 'DEADLINE_PASSED' })),
  );

/** Sends RETRY_DUE when what is left of the pause until `at` has passed. It is never longer than a pause, though the clock was set back. */
export const backOffEffect = (clock: Clock) =>
  fromCallback<RequestEvent, { at: number }>(({ input, sendBack }) => {
    const leftMs = Math.min(backOffMs.later, Math.max(0, input.at - clock.now()));
    return clock.wakeIn(leftMs, () => sendBack({ type: 'RETRY_DUE' }));
  });

/** Sends HOLD_OVER at or right after `at` (epoch ms). */
export const holdEffect = (clock: Clock) =>
  fromCallback<RequestEvent, { at: number }>(({ input, sendBack }) =>
    clock.wakeAt(input.at, () => sendBack({ type: 'HOLD_OVER' })),
  );
