// The chain's clock: the time of its newest block, and what has passed since by our own running time. The wall clock has no part in it,
// because the host of the machine sets that. An RPC can lie about it, which costs signatures that no contract accepts and nothing else.
import type { Clock } from '../../clock.js';
import type { Log } from '../../log.js';
import type { Head, RegistryChain } from './registryChain.js';

/**
 * Nodes lag behind each other, and a reorganisation may bring an older block: by so much (s) time stands still. What is further back is the
 * truth after a block from the future, which would otherwise count for ever.
 */
const mostLag = 120;

export interface ChainTime {
  /** Unix seconds. Goes back only when the chain itself does, by more than a few blocks. */
  now(): number;
  /** The newest block that was seen. */
  head(): Head | undefined;
  /** Asks the chain, and answers its newest block. */
  look(): Promise<Head>;
  onTime(listener: () => void): () => void;
  /** Resolves at the next look, also at one that has failed. */
  next(signal: AbortSignal): Promise<void>;
  /** Those who wait for the next look go on now. */
  wake(): void;
  close(): void;
}

export function createChainTime(parameters: {
  readonly chain: Pick<RegistryChain, 'head'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly pollEveryMs: number;
}): ChainTime {
  const { chain, clock, log, pollEveryMs } = parameters;
  const listeners = new Set<() => void>();
  const waiting = new Set<() => void>();
  let seen: { readonly head: Head; readonly at: number } | undefined;
  let latest = 0;
  let isDown = false;
  let isClosed = false;
  let cancel = () => {};

  function now(): number {
    if (seen === undefined) return latest;
    const reckoned = seen.head.timestamp + Math.floor((clock.steady() - seen.at) / 1000);
    latest = Math.max(latest, reckoned);
    return latest;
  }

  async function look(): Promise<Head> {
    const head = await chain.head();
    const before = now();
    const isBack = seen !== undefined && head.timestamp < seen.head.timestamp - mostLag;
    if (isBack) latest = 0;
    if (seen === undefined || isBack || head.timestamp >= seen.head.timestamp) seen = { head, at: clock.steady() };
    // A node that lags behind another one says nothing new about the time.
    else seen = { head: { ...head, timestamp: seen.head.timestamp }, at: seen.at };
    if (now() !== before) for (const listener of [...listeners]) listener();
    return head;
  }

  function wakeAll(): void {
    for (const wake of [...waiting]) wake();
  }

  async function poll(): Promise<void> {
    try {
      await look();
      if (isDown) log.info({ event: 'chain.heard' }, 'the chain answers again');
      isDown = false;
    } catch (error) {
      if (!isDown && !isClosed)
        log.warn({ event: 'chain.silent', problem: (error as Error).message }, 'the chain cannot be asked');
      isDown = true;
    }
    wakeAll();
    if (!isClosed) cancel = clock.wakeIn(pollEveryMs, () => void poll());
  }
  cancel = clock.wakeIn(pollEveryMs, () => void poll());

  return {
    now,
    head: () => seen?.head,
    look,
    onTime(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    next: (signal) =>
      new Promise((resolve) => {
        const wake = () => {
          waiting.delete(wake);
          signal.removeEventListener('abort', wake);
          resolve();
        };
        waiting.add(wake);
        signal.addEventListener('abort', wake, { once: true });
      }),
    wake: wakeAll,
    close() {
      isClosed = true;
      cancel();
    },
  };
}
