// Stops what was started, in reverse order; a part that fails to stop keeps no other from being stopped.
import type { Log } from '../log.js';

export class Lifecycle {
  readonly #stops: Array<() => unknown> = [];

  constructor(private readonly log: Pick<Log, 'error'>) {}

  /** `stop` is called before those that were added earlier. */
  onStop(stop: () => unknown): void {
    this.#stops.push(stop);
  }

  async stop(): Promise<void> {
    for (const stop of this.#stops.splice(0).reverse()) {
      try {
        await stop();
      } catch (error) {
        this.log.error({ event: 'service.stop_failed', err: error }, 'a part could not be stopped cleanly');
      }
    }
  }
}
