// Whether a request's answer may change soon. To the SDK a call that is cut is the end of its wait: a service that is killed while it
// holds a poll costs that client its wait. So a poll is held for the last part of a proof, not for the hours before it.
import type { Registry } from '../../../actors/registry.js';
import type { Clock, EpochMs } from '../../../clock.js';
import type { RequestId } from '../../../ids.js';
import type { RequestView } from '../../../machines/requestView.js';
import { Recent } from './recent.js';
import { sdkSleepMs } from './waitLoops.js';

export interface OutlookParameters {
  readonly registry: Pick<Registry, 'onChange'>;
  readonly clock: Clock;
}

export interface Outlook {
  /** What a poll of this request is answered may be another thing soon. */
  isNear(view: RequestView): boolean;
  /** Listens no more. */
  close(): void;
}

/**
 * The part of the usual time of a proof in which its end is awaited. Proofs of one program differ by their inputs and by what else the
 * machine does. Wrong if clients see proofs late (then it begins too late or ends too early), or lose waits when the service crashes.
 */
const awaited = { from: 0.75, to: 2 };

/** What ends within this time may be awaited from its beginning (ms): executions, and proofs that usually take no longer. */
const shortMs = 10_000;

/** Programs, by mode, of which a proof was made in the last week. */
const remembered = { entries: 1_024, idleMs: 7 * 86_400_000 };

export function createOutlook({ registry, clock }: OutlookParameters): Outlook {
  /** What the last proof took (ms). */
  const usual = new Recent<{ ms: number | undefined }>(clock, remembered);
  /** Since when the proofs are made that are made now. */
  const running = new Map<RequestId, EpochMs>();

  const usualOf = ({ request: { vkHash, mode } }: RequestView) =>
    usual.touch(`${mode} ${vkHash}`, () => ({ ms: undefined }));

  function isProofNear(view: RequestView & { state: 'proving' }): boolean {
    const { ms } = usualOf(view);
    // The first proof of a program may take seconds or hours.
    if (ms === undefined || view.phase === 'backingOff') return false;
    if (view.phase === 'waiting') return ms <= shortMs;
    const elapsedMs = clock.now() - view.updatedAt;
    return elapsedMs + sdkSleepMs >= awaited.from * ms && elapsedMs <= Math.max(awaited.to * ms, shortMs);
  }

  const close = registry.onChange((view) => {
    const { requestId } = view.request;
    if (view.state === 'proving' && view.phase === 'running') {
      running.set(requestId, view.updatedAt);
      return;
    }
    const since = running.get(requestId);
    running.delete(requestId);
    // Not every try ends with a proof.
    if (since !== undefined && view.state === 'verifying') usualOf(view).ms = view.updatedAt - since;
  });

  return {
    isNear(view) {
      if (view.state === 'proving') return isProofNear(view);
      if (view.state === 'executing') return clock.now() - view.updatedAt <= shortMs;
      return view.state === 'verifying';
    },
    close,
  };
}
