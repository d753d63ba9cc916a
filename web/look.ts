// What a screen shows is asked for again whenever the feed says that something has happened: not too often, and now and then by itself.
import { type Signal, signal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import { connection, onEvents } from './feed.js';
import { CallError } from './wire.js';

export interface Look<T> {
  /** The last that was answered. */
  readonly found: T | undefined;
  /** Why there is nothing newer. */
  readonly problem: CallError | undefined;
}

/** Between two looks, however much happens. */
const leastRestMs = 1_000;
/** When nothing happens: figures of the machine move all the same. */
const longestRestMs = 5_000;

interface LookParameters {
  /** It is asked anew when this changes, which it must be made of. */
  readonly key?: string;
  /** Between two looks (ms). More than usual, for what costs the service much. */
  readonly restMs?: number;
  /** It is asked again when this changes, and what was found stays until then. */
  readonly turn?: Signal<number>;
}

export function useLook<T>(
  ask: (signal: AbortSignal) => Promise<T>,
  { key = '', restMs = leastRestMs, turn }: LookParameters = {},
): Signal<Look<T>> {
  const look = useMemo(() => signal<Look<T>>({ found: undefined, problem: undefined }), [key]);
  useEffect(() => {
    const controller = new AbortController();
    let timer = 0;
    let askedAt = 0;
    let isAsking = false;
    let isWanted = false;
    const dueIn = (ms: number) => {
      clearTimeout(timer);
      if (!controller.signal.aborted) timer = setTimeout(() => void again(), ms);
    };
    async function again(): Promise<void> {
      if (isAsking) {
        isWanted = true;
        return;
      }
      // A hidden tab asks nothing, and a paused one neither.
      if (document.hidden || connection.value === 'paused') return dueIn(longestRestMs);
      isAsking = true;
      isWanted = false;
      askedAt = Date.now();
      try {
        look.value = { found: await ask(controller.signal), problem: undefined };
      } catch (error) {
        if (controller.signal.aborted) return;
        if (!(error instanceof CallError)) throw error;
        look.value = { found: look.value.found, problem: error };
      } finally {
        isAsking = false;
        dueIn(isWanted ? 0 : Math.max(longestRestMs, restMs));
      }
    }
    const leave = onEvents((events) => {
      if (events.some(({ progress }) => progress === undefined)) dueIn(Math.max(0, askedAt + restMs - Date.now()));
    });
    const leaveTurn = turn?.subscribe((count) => count > 0 && void again());
    void again();
    return () => {
      controller.abort();
      clearTimeout(timer);
      leave();
      leaveTurn?.();
    };
  }, [look]);
  return look;
}
