// Writers that come together share one commit and its flush; while two are under way the next writers gather. Their works run one after
// the other on what is on disk, each seeing what those before it in the group have written, and only the outcome goes to LMDB, on a
// thread of its own. A work that throws has written nothing yet.

interface Waiting<Op> {
  /** Runs the work; answers how to tell its caller once the group is on disk. Throws what the work throws. */
  readonly run: (group: Group<Op>) => () => void;
  readonly reject: (error: unknown) => void;
}

/** Works in one commit, some 20 µs each: the loop belongs to polls too. */
const mostWorks = 256;
/** While one commit is flushed the next is written. A third could only wait for the flush of the second, in smaller groups. */
const mostCommits = 2;

/** What a work reads is being written by a commit under way. It is run again once that is on disk, or has failed. */
class Conflict extends Error {}

export class GroupCommit<Op> {
  #waiting: Waiting<Op>[] = [];
  #isGathering = false;
  readonly #underWay = new Set<Group<Op>>();
  readonly #commit: (operations: Iterable<Op>) => Promise<unknown>;

  /** `commit` applies all operations or none, and resolves when they are on disk. Earlier calls are applied first. */
  constructor(commit: (operations: Iterable<Op>) => Promise<unknown>) {
    this.#commit = commit;
  }

  /** Resolves with the work's result when all that it has read and written is on disk. It may be run more than once. */
  write<T>(work: (group: Group<Op>) => T): Promise<T> {
    return new Promise((resolve, reject) => {
      const run = (group: Group<Op>) => {
        const result = work(group);
        return () => resolve(result);
      };
      this.#waiting.push({ run, reject });
      this.#gather();
    });
  }

  #gather(): void {
    if (this.#isGathering || this.#underWay.size >= mostCommits) return;
    this.#isGathering = true;
    // Whoever else writes in this turn of the loop comes along.
    setImmediate(() => {
      this.#isGathering = false;
      void this.#commitWaiting();
    });
  }

  async #commitWaiting(): Promise<void> {
    const group = new Group<Op>((name) => {
      for (const other of this.#underWay) if (other.find(name) !== undefined) throw new Conflict();
    });
    const written: { resolve: () => void; reject: (error: unknown) => void }[] = [];
    const conflicting: Waiting<Op>[] = [];
    for (const waiting of this.#waiting.splice(0, mostWorks)) {
      try {
        written.push({ resolve: group.run(() => waiting.run(group)), reject: waiting.reject });
      } catch (error) {
        if (error instanceof Conflict) conflicting.push(waiting);
        else waiting.reject(error);
      }
    }
    this.#waiting.unshift(...conflicting);
    this.#underWay.add(group);
    try {
      if (!group.isEmpty) await this.#commit(group.operations);
      for (const { resolve } of written) resolve();
    } catch (error) {
      for (const { reject } of written) reject(error);
    }
    this.#underWay.delete(group);
    if (this.#waiting.length > 0) this.#gather();
  }
}

/** The writes of one commit. Of several to one key the last one counts. */
export class Group<Op> {
  readonly #assertSettled: (name: string) => void;
  readonly #operations = new Map<string, Op>();
  /** What the work that runs now has replaced. */
  #replaced: Array<[name: string, before: Op | undefined]> = [];

  get operations(): Iterable<Op> {
    return this.#operations.values();
  }

  get isEmpty(): boolean {
    return this.#operations.size === 0;
  }

  constructor(assertSettled: (name: string) => void) {
    this.#assertSettled = assertSettled;
  }

  /** What a work of this group has written to the key before; undefined when it is as on disk. */
  read(name: string): Op | undefined {
    const written = this.#operations.get(name);
    if (written === undefined) this.#assertSettled(name);
    return written;
  }

  find(name: string): Op | undefined {
    return this.#operations.get(name);
  }

  write(name: string, operation: Op): void {
    this.#replaced.push([name, this.#operations.get(name)]);
    this.#operations.set(name, operation);
  }

  /** If `work` throws, nothing of it stays. */
  run<T>(work: () => T): T {
    this.#replaced = [];
    try {
      return work();
    } catch (error) {
      for (const [name, before] of this.#replaced.reverse()) {
        if (before === undefined) this.#operations.delete(name);
        else this.#operations.set(name, before);
      }
      throw error;
    }
  }
}
