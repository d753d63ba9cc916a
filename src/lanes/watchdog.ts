// Barks when nothing was heard for too long. It sleeps until it is fed for the first time.
import type { Clock } from '../clock.js';

export class Watchdog {
  #cancel = () => {};

  constructor(
    readonly clock: Clock,
    readonly silenceMs: number,
    readonly bark: () => void,
  ) {}

  feed(): void {
    this.#cancel();
    this.#cancel = this.clock.wakeIn(this.silenceMs, this.bark);
  }

  stop(): void {
    this.#cancel();
  }
}
