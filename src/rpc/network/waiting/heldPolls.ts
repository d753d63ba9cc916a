// Polls that wait for their answer: until it would be another one, a bounded time is over, the client goes away or the service stops.
// A held poll costs a stream and a timer, and no thread; the registry is listened to once, whatever the number.
import type { Registry } from '../../../actors/registry.js';
import type { Clock } from '../../../clock.js';
import type { Gate } from '../../../gate.js';
import type { RequestId } from '../../../ids.js';
import type { Log } from '../../../log.js';
import { isTerminal, type RequestView } from '../../../machines/requestView.js';
import { Tally } from '../../../tally.js';
import { networkOf } from '../../connection.js';
import type { CallContext } from '../../grpc/call.js';
import { executionStatusOf } from '../wireStatus.js';
import type { Outlook } from './outlook.js';

export interface HeldPollsParameters {
  readonly registry: Pick<Registry, 'view' | 'onChange'>;
  readonly gate: Pick<Gate, 'state' | 'onChange'>;
  readonly outlook: Pick<Outlook, 'isNear'>;
  readonly clock: Clock;
  readonly log: Log;
  /** Longest time that a poll is held (ms); 0 holds none. */
  readonly holdMs: number;
  readonly limits?: HeldPollsLimits;
}

export interface HeldPollsLimits {
  readonly all: number;
  /** From one address, or one network of IPv6. */
  readonly network: number;
}

export interface HeldPolls {
  /** Resolves when the poll that would be answered with `view` is to be answered; undefined: at once, it is not held. */
  hold(view: RequestView, call: Pick<CallContext, 'peer' | 'signal'>): Promise<void> | undefined;
  readonly count: number;
  /** Answers what is held, and listens no more. */
  close(): void;
}

/**
 * Older SDKs spend a connection on each held poll: a quarter of the 16,384 that the port takes, and a sixteenth for one network, behind
 * which is a proxy or somebody who means harm. More polls are answered at once. Wrong if connections are refused while polls are held.
 */
const defaultLimits: HeldPollsLimits = { all: 4_096, network: 1_024 };

type Cause = 'news' | 'time' | 'gone' | 'stop';

interface Held {
  readonly view: RequestView;
  release(cause: Cause): void;
}

/** Whether a poll would be answered differently, or has nothing left to wait for. */
const isNews = (before: RequestView, after: RequestView | undefined): boolean =>
  after === undefined || isTerminal(after) || executionStatusOf(before) !== executionStatusOf(after);

export function createHeldPolls(parameters: HeldPollsParameters): HeldPolls {
  const { registry, gate, outlook, clock, log, holdMs, limits = defaultLimits } = parameters;
  const byRequest = new Map<RequestId, Set<Held>>();
  const byNetwork = new Tally<string>();
  let count = 0;

  const unsubscribe = [
    registry.onChange((view) => {
      for (const held of byRequest.get(view.request.requestId) ?? []) if (isNews(held.view, view)) held.release('news');
    }),
    gate.onChange(() => {
      if (gate.state === 'draining') releaseAll();
    }),
  ];

  function releaseAll(): void {
    for (const polls of byRequest.values()) for (const held of polls) held.release('stop');
  }

  return {
    hold(view, { peer: { address }, signal }) {
      const { requestId, deadlineAt } = view.request;
      const network = networkOf(address);
      const since = clock.now();
      const until = Math.min(since + holdMs, deadlineAt);
      const isFull = count >= limits.all || byNetwork.of(network) >= limits.network;
      const isPointless = until <= since || isTerminal(view) || signal.aborted || gate.state !== 'serving';
      if (isPointless || isFull || !outlook.isNear(view)) return undefined;

      return new Promise((resolve) => {
        const polls = byRequest.get(requestId) ?? new Set();
        const left = () => held.release('gone');
        const cancel = clock.wakeAt(until, () => held.release('time'));
        const held: Held = {
          view,
          release(cause) {
            if (!polls.delete(held)) return;
            if (polls.size === 0) byRequest.delete(requestId);
            count -= 1;
            byNetwork.add(network, -1);
            cancel();
            signal.removeEventListener('abort', left);
            log.debug({ event: 'poll.released', requestId, cause, heldMs: clock.now() - since }, 'held poll released');
            resolve();
          },
        };
        byRequest.set(requestId, polls.add(held));
        count += 1;
        byNetwork.add(network);
        signal.addEventListener('abort', left, { once: true });
        // Only now it is told of changes; one that came before is seen here.
        if (isNews(view, registry.view(requestId))) held.release('news');
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
