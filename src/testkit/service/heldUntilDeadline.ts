// Requests that are at work when their deadline passes, on a machine of any speed.
import type { Clock } from '../../clock.js';
import type { RequestId } from '../../ids.js';
import { deadlineIn, type ServiceRequester } from './serviceRequests.js';
import type { ServiceProcess } from './serviceRig.js';

/** Enough for what a test does between the start of the work and its deadline, on most machines (ms). */
const firstTryMs = 3_000;

export interface Held {
  readonly requestId: RequestId;
  /** As the wire has it: two seconds from now, or more. */
  readonly deadline: bigint;
}

/** Asks for a proof of an input on which the engine hangs, again with twice the time when the machine was too slow to come to `state`. */
export async function heldUntilDeadline(
  { service, requester, clock }: { service: ServiceProcess; requester: ServiceRequester; clock: Clock },
  stdin: Uint8Array,
  state: string,
): Promise<Held> {
  for (let ms = firstTryMs; ; ms *= 2) {
    const stdinUri = await requester.uploadStdin(stdin);
    const deadline = deadlineIn(clock, ms);
    const requestId = await requester.ask(stdinUri, { deadline });
    const { to } = await service.until(
      (line) => line.requestId === requestId && (line.to === state || line.to === 'expired'),
    );
    if (to === state && deadline > deadlineIn(clock, 1_000)) return { requestId, deadline };
  }
}
