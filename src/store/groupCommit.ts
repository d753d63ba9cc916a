// Writers that come together share one transaction and its flush. Their works run in it one after the other, each seeing what those
// before it have written. A work that throws has written nothing. Under load a flush serves dozens: more gather while others wait.

interface Waiting<Op> {
  /** Runs the work. Returns the function that answers its caller once the group is on disk. Throws what the work throws. */
  readonly run: (group: Group<Op>) => () => void;
  readonly reject: (error: unknown) => void;
}

/** Called with the number of works of a transaction that has run; what it answers, when that is on disk or has failed. */
export type WatchCommit = (works: number) => (error?: unknown) => void;

/** Works in one transaction, some 20 µs each: the loop belongs to polls too. */
const maxWorks = 256;
/** While one transaction is flushed the next one runs. A third could only wait for the second, and the groups would be smaller. */
const maxTransactions = 2;

export class GroupCommit<Op> {
  #waiting: Waiting<Op>[] = [];
  #transactions = 0;
  /** Those that have run: what they wrote can be read, and is not on disk yet. */
  readonly #unflushed = new Set<Promise<unknown>>();
  /** A transaction was asked for and has not run yet. Works that wait by then join it. */
  #isGathering = false;
  readonly #transact: (run: () => Iterable<Op>) => Promise<unknown>;

  /**
   * `transact` calls `run` in a transaction, applies all operations that it answers or none, and resolves when they are on disk. Its
   * transactions run one after the other.
   */
  constructor(
    transact: (run: () => Iterable<Op>) => Promise<unknown>,
    private readonly watch?: WatchCommit,
  ) {
    this.#transact = transact;
  }

  /** Resolves with the work's result when all that it has read and written is on disk. */
  write<T>(work: (group: Group<Op>) => T): Promise<T> {
    return new Promise((resolve, reject) => {
      const run = (group: Group<Op>) => {
        const result = work(group);
        return () => resolve(result);
      };
      this.#waiting.push({ run, reject });
      this.#serve();
    });
  }

  /** Resolves when all transactions that have run by now are on disk, or have failed. */
  async settled(): Promise<void> {
    if (this.#unflushed.size > 0) await Promise.allSettled(this.#unflushed);
  }

  #serve(): void {
    if (this.#waiting.length > 0 && !this.#isGathering && this.#transactions < maxTransactions) void this.#commit();
  }

  async #commit(): Promise<void> {
    this.#transactions += 1;
    this.#isGathering = true;
    const written: { resolve: () => void; reject: (error: unknown) => void }[] = [];
    let hasRun = false;
    let tellEnd: ReturnType<WatchCommit> | undefined;
    const flushed = Promise.withResolvers<void>();
    const group = new Group<Op>();
    const run = () => {
      hasRun = true;
      this.#unflushed.add(flushed.promise);
      this.#isGathering = false;
      for (const { run, reject } of this.#waiting.splice(0, maxWorks)) {
        try {
          written.push({ resolve: group.run(() => run(group)), reject });
        } catch (error) {
          reject(error);
        }
      }
      tellEnd = this.watch?.(written.length);
      return group.operations;
    };
    try {
      await this.#transact(run);
      tellEnd?.();
      group.tellDurable();
      for (const { resolve } of written) resolve();
    } catch (error) {
      tellEnd?.(error);
      for (const { reject } of written) reject(error);
      if (!hasRun) {
        this.#isGathering = false;
        for (const { reject } of this.#waiting.splice(0)) reject(error);
      }
    }
    this.#unflushed.delete(flushed.promise);
    flushed.resolve();
    this.#transactions -= 1;
    this.#serve();
  }
}

/** What the works of one transaction have written so far. Of several writes to one key the last one counts. */
export class Group<Op> {
  readonly #operations = new Map<string, Op>();
  /** What the work that runs now has replaced. */
  #replaced: Array<[name: string, before: Op | undefined]> = [];
  readonly #listeners: (() => void)[] = [];

  get operations(): Iterable<Op> {
    return this.#operations.values();
  }

  /** Undefined when no work in this group has written the key. */
  find(name: string): Op | undefined {
    return this.#operations.get(name);
  }

  write(name: string, operation: Op): void {
    this.#replaced.push([name, this.#operations.get(name)]);
    this.#operations.set(name, operation);
  }

  /** Called when the group is on disk. */
  whenDurable(listener: () => void): void {
    this.#listeners.push(listener);
  }

  tellDurable(): void {
    for (const listener of this.#listeners) listener();
  }

  /** If `work` throws, nothing of it stays. */
  run<T>(work: () => T): T {
    this.#replaced = [];
    const listeners = this.#listeners.length;
    try {
      return work();
    } catch (error) {
      this.#listeners.length = listeners;
      for (const [name, before] of this.#replaced.reverse()) {
        if (before === undefined) this.#operations.delete(name);
        else this.#operations.set(name, before);
      }
      throw error;
    }
  }
}
