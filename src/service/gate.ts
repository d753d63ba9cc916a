// Whether the service accepts requests: starting, serving or draining, and who wants to hear of it.

export type GateState = 'starting' | 'serving' | 'draining';

export class Gate {
  #state: GateState = 'starting';
  readonly #listeners = new Set<() => void>();

  get state(): GateState {
    return this.#state;
  }

  /** Only forward: starting → serving → draining. */
  advance(state: Exclude<GateState, 'starting'>): void {
    if (this.#state === state) return;
    this.#state = state;
    for (const listener of this.#listeners) listener();
  }

  /** Returns the unsubscribe function. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
