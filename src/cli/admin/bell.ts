// Wakes who waits for it: not too soon after they have begun to wait, and by itself after a while.

import { pause } from '../../pause.js';
import type { Cli } from '../cli.js';

export class Bell {
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
