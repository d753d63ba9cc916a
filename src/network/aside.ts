// What takes long of adopting a request, beside the watcher's rounds: one piece of work at a time for each.
import { FailureError } from '../failures/failureError.js';
import { sentenceOf } from '../failures/sentenceOf.js';
import type { RequestId } from '../ids.js';
import type { Log } from '../log.js';
import { UrlError } from './openUrl.js';

export interface Aside {
  /** `refused`: it cannot be proved here, and why. For any other fault it is looked at again with the next round. */
  run(networkId: RequestId, work: () => Promise<void>, refused: (reason: string) => void | Promise<void>): void;
  readonly signal: AbortSignal;
  stop(): void;
}

export function createAside(log: Log): Aside {
  const underWay = new Set<RequestId>();
  const stopping = new AbortController();
  const { signal } = stopping;

  async function settled(
    networkId: RequestId,
    work: () => Promise<void>,
    refused: (reason: string) => void | Promise<void>,
  ): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (signal.aborted) return;
      const reason = reasonOf(error);
      if (reason !== undefined) await refused(reason);
      else log.warn({ event: 'network.not_adopted', networkId, err: error }, 'looked at again with the next round');
    }
  }

  return {
    signal,
    run(networkId, work, refused) {
      if (underWay.has(networkId)) return;
      underWay.add(networkId);
      settled(networkId, work, refused)
        .catch((error: unknown) => log.warn({ event: 'network.not_adopted', networkId, err: error }, 'not refused yet'))
        .finally(() => underWay.delete(networkId));
    },
    stop: () => stopping.abort(),
  };
}

/** What may pass by itself is none. */
function reasonOf(error: unknown): string | undefined {
  if (error instanceof UrlError) return error.mayPass ? undefined : error.message;
  if (!(error instanceof FailureError)) return undefined;
  const { failure } = error;
  return failure.retry === 'permanent' ? sentenceOf(failure) : undefined;
}
