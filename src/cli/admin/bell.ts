// Wakes who waits for it: not too soon after they have begun to wait, and by itself after a while.

import { pause } from '../../pause.js';
import type { Cli } from '../cli.js';
import type { AdminCall } from './callAdmin.js';
import { type FollowParameters, keepFollowing } from './followFeed.js';

class Bell {
  #rung = new AbortController();

  constructor(
    private readonly cli: Pick<Cli, 'clock'>,
    private readonly signal: AbortSignal,
  ) {}

  ring(): void {
    this.#rung.abort();
  }

  /** Resolves when it has been rung since the last wait, after `leastMs` at the earliest and `mostMs` at the latest, or when the signal fires. */
  async wait(leastMs: number, mostMs: number): Promise<void> {
    await pause(this.cli.clock, leastMs, this.signal);
    await pause(this.cli.clock, mostMs - leastMs, AbortSignal.any([this.signal, this.#rung.signal]));
    this.#rung = new AbortController();
  }
}

/** Does `work` with a bell that rings whenever the feed tells of something, or breaks off. The feed is left when it is over, however it ends. */
export async function whileRinging<T>(
  cli: Pick<Cli, 'clock'>,
  to: AdminCall,
  what: Pick<FollowParameters, 'coalesceMs' | 'progress'>,
  work: (bell: Bell) => Promise<T>,
): Promise<T> {
  const over = new AbortController();
  const signal = AbortSignal.any([to.signal, over.signal]);
  const bell = new Bell(cli, signal);
  const ring = () => bell.ring();
  // Its end is seen at once, and without a feed every try of it is a look.
  const following = keepFollowing(cli, { ...what, to: { ...to, signal }, after: 0n, onEvent: ring }, ring);
  try {
    return await work(bell);
  } finally {
    over.abort();
    await following;
  }
}
