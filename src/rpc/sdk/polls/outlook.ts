// Whether a request is about to be fulfilled. To the SDK a call that is cut is the end of its wait: a service that is killed while it
// holds a poll costs that client its wait. So a poll is held for the last two seconds of a proof, and not for the hours before them.
import type { Clock, SteadyMs } from '../../../clock.js';
import type { RequestId } from '../../../ids.js';
import type { RequestView } from '../../../machines/request/view.js';
import type { Registry } from '../../../requests/registry.js';

export interface OutlookParameters {
  readonly registry: Pick<Registry, 'onChange'>;
  readonly clock: Clock;
}

export interface Outlook {
  /** How long from now its end is worth waiting for (ms): its proof is being verified, or soon will be. 0: it is far away. */
  nearForMs(view: RequestView): number;
  /** Stops listening. */
  close(): void;
}

/**
 * The SDK asks every 2 s, so one of its polls falls into the last 2 s before the expected end. A proof that takes longer than the last one
 * is awaited for as long after it, and never longer than twice the usual time. Wrong if proofs of one program and mode differ by more
 * and clients see them late.
 */
const maxNearMs = 2_000;

/** Programs, by mode, whose last proof is remembered. */
const maxRemembered = 1_024;

export function createOutlook({ registry, clock }: OutlookParameters): Outlook {
  /** From the beginning of its proving to its fulfilment, what the last proof took (ms). The oldest come first. */
  const usual = new Map<string, number>();
  /** When the proof that is made or verified was begun. Not from the view: its times come from a clock that may be set. */
  const begun = new Map<RequestId, SteadyMs>();

  function remember(key: string, ms: number): void {
    usual.delete(key);
    usual.set(key, ms);
    for (const oldest of usual.keys()) {
      if (usual.size <= maxRemembered) return;
      usual.delete(oldest);
    }
  }

  const close = registry.onChange((view) => {
    const { requestId } = view.request;
    if (view.state === 'verifying') return;
    const since = begun.get(requestId);
    if (since !== undefined && view.state === 'fulfilled') remember(keyOf(view), clock.steady() - since);
    if (view.state === 'proving' && view.phase === 'running') begun.set(requestId, clock.steady());
    else begun.delete(requestId);
  });

  return {
    nearForMs(view) {
      if (view.state === 'verifying') return maxNearMs;
      const since = begun.get(view.request.requestId);
      const usualMs = usual.get(keyOf(view));
      // The first proof of a program may take seconds or hours.
      if (since === undefined || usualMs === undefined) return 0;
      const elapsedMs = clock.steady() - since;
      const nearMs = Math.min(maxNearMs, usualMs);
      return elapsedMs < usualMs - nearMs ? 0 : Math.max(0, usualMs + nearMs - elapsedMs);
    },
    close,
  };
}

const keyOf = ({ request: { mode, vkHash } }: RequestView): string => `${mode} ${vkHash}`;
