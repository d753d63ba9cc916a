// What is fetched from a stranger's URL is tried again while that may help.
import type { Clock } from '../clock.js';
import { pause } from '../pause.js';
import { UrlError } from './openUrl.js';

const mostTries = 5;
const firstPauseMs = 1_000;

/** Rejects with what the last try has thrown. */
export async function triedAgain<T>(
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
  fetched: () => Promise<T>,
): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await fetched();
    } catch (error) {
      const mayPass = error instanceof UrlError && error.mayPass && tries < mostTries && !signal.aborted;
      if (!mayPass) throw error;
      await pause(clock, firstPauseMs * 2 ** (tries - 1), signal);
    }
  }
}
