// What a check has opened, closed with it: nothing of it may hold the process.

export class Closing {
  readonly #closes: Array<() => unknown> = [];
  readonly after = (close?: unknown) => void this.#closes.push(close as () => unknown);
  async close(): Promise<void> {
    for (const close of this.#closes.reverse()) await close();
  }
}
