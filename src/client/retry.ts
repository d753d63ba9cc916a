// Tries again as the stock SDK does, so that a service meets one behaviour from all clients.
import type { Clock } from '../clock.js';
import { sleep, throwIfAborted } from './sleep.js';

const firstWaitMs = 1_000;
const growth = 1.5;
/** Each wait is drawn from ± 50 %: clients that lost the same server do not come back in step. */
const spread = 0.5;
const maxWaitMs = 120_000;

/** How long one operation goes on trying: the SDK's 120 s, for everything but a wait for a proof. */
export const retryBudgetMs = 120_000;

/** Passed to `onRetry` before each wait. */
export interface Retry {
  /** What is being tried, for example `GetNonce`. */
  readonly call: string;
  /** 1 after the first failure. */
  readonly attempt: number;
  readonly waitMs: number;
  readonly error: unknown;
}

/** @internal */
export interface RetryParameters {
  readonly call: string;
  readonly clock: Clock;
  /** 0 ≤ n < 1. */
  readonly random: () => number;
  readonly budgetMs: number;
  readonly signal: AbortSignal;
  readonly isTransient: (error: unknown) => boolean;
  readonly onRetry: (retry: Retry) => void;
}

/**
 * The first result of `operation`. Rejects with its error when that is not transient or the budget is spent, with ABORTED when
 * the signal fires. `operation` is called once more at the end of the budget, however long the last wait was meant to be.
 * @internal
 */
export async function retry<T>(operation: () => Promise<T>, parameters: RetryParameters): Promise<T> {
  const { call, clock, random, budgetMs, signal, isTransient, onRetry } = parameters;
  const givesUpAt = clock.steady() + budgetMs;
  for (let attempt = 1, interval = firstWaitMs; ; attempt++, interval = Math.min(interval * growth, maxWaitMs)) {
    throwIfAborted(signal);
    try {
      return await operation();
    } catch (error) {
      throwIfAborted(signal);
      const leftMs = givesUpAt - clock.steady();
      if (!isTransient(error) || leftMs <= 0) throw error;
      const waitMs = Math.min(leftMs, interval * (1 + spread * (2 * random() - 1)));
      onRetry({ call, attempt, waitMs, error });
      await sleep(clock, waitMs, signal);
    }
  }
}
