// Polls that wait for their answer, for two seconds at most: until the request has ended, the client goes away or the service stops.
// A held poll costs a stream and a timer, and no thread. The registry is listened to once, whatever their number.
import type { Clock } from '../../../clock.js';
import type { RequestId } from '../../../ids.js';
import type { Log } from '../../../log.js';
import { isTerminal, type RequestView } from '../../../machines/request/view.js';
import type { Registry } from '../../../requests/registry.js';
import type { Gate } from '../../../service/gate.js';
import type { CallContext } from '../../../transport/grpc/call.js';
import { isSdk } from '../flavour.js';
import type { Outlook } from './outlook.js';

export interface HeldPollsParameters {
  readonly registry: Pick<Registry, 'onChange'>;
  readonly gate: Pick<Gate, 'state' | 'onChange'>;
  readonly outlook: Pick<Outlook, 'nearForMs'>;
  readonly clock: Clock;
  readonly log: Log;
  /** Longest time that a poll is held (ms); 0 holds none. */
  readonly holdMs: number;
  /** Most polls that are held at once. */
  readonly maxHeld?: number;
}

export interface HeldPolls {
  /** Resolves when the poll is to be answered. `view` is the present one. Undefined: it is not held, and is answered at once. */
  hold(view: RequestView, call: Poll): Promise<void> | undefined;
  readonly count: number;
  /** Answers what is held, and stops listening. */
  close(): void;
}

type Poll = Pick<CallContext, 'userAgent' | 'hasTimeLimit' | 'signal'>;
type Cause = 'ended' | 'time' | 'gone' | 'stop';
type Release = (cause: Cause) => void;

/**
 * Older SDKs spend a connection on each held poll: a quarter of the 16,384 that the port takes. Further polls are answered at once.
 * Wrong if connections are refused while polls are held.
 */
const defaultMaxHeld = 4_096;

export function createHeldPolls(parameters: HeldPollsParameters): HeldPolls {
  const { registry, gate, outlook, clock, log, holdMs, maxHeld = defaultMaxHeld } = parameters;
  const byRequest = new Map<RequestId, Set<Release>>();
  let count = 0;

  const unsubscribe = [
    registry.onChange((view) => {
      if (isTerminal(view)) for (const release of byRequest.get(view.request.requestId) ?? []) release('ended');
    }),
    gate.onChange(() => {
      if (gate.state === 'draining') releaseAll();
    }),
  ];

  function releaseAll(): void {
    for (const polls of byRequest.values()) for (const release of polls) release('stop');
  }

  /** For how long this poll is held (ms); 0 if it is not. */
  function holdFor(view: RequestView, call: Poll): number {
    // A client that sets a limit of its own has reasons to be answered at once. The SDK sends none.
    const isWaiting = isSdk(call.userAgent) && !call.hasTimeLimit;
    const mayWait = isWaiting && gate.state === 'serving' && count < maxHeld && !isTerminal(view);
    const forMs = mayWait ? Math.min(holdMs, outlook.nearForMs(view)) : 0;
    // Asked last: a call makes its signal when it is asked for, and most polls are not held.
    return forMs > 0 && !call.signal.aborted ? forMs : 0;
  }

  return {
    hold(view, call) {
      const forMs = holdFor(view, call);
      if (forMs <= 0) return undefined;
      const { requestId } = view.request;
      const since = clock.steady();
      return new Promise((resolve) => {
        const polls = byRequest.get(requestId) ?? new Set();
        const left = () => release('gone');
        const cancel = clock.wakeIn(forMs, () => release('time'));
        const release: Release = (cause) => {
          if (!polls.delete(release)) return;
          if (polls.size === 0) byRequest.delete(requestId);
          count -= 1;
          cancel();
          call.signal.removeEventListener('abort', left);
          const heldMs = clock.steady() - since;
          log.debug({ event: 'poll.released', requestId, cause, heldMs }, 'held poll released');
          resolve();
        };
        byRequest.set(requestId, polls.add(release));
        count += 1;
        call.signal.addEventListener('abort', left, { once: true });
      });
    },

    get count() {
      return count;
    },

    close() {
      releaseAll();
      for (const each of unsubscribe) each();
    },
  };
}
