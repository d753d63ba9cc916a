// Who is served next: the policy of every waiting line in the service (for a lane, and for admission). Deterministic; no clock, no I/O.
// Jobs that were running before a restart come first. Then requesters take turns, each with its earliest deadline first. A lane may take
// a job slightly out of turn when it has that job's program set up.
import { type Entry, type Ranked, Rotation } from './rotation.js';

export type Priority = 'first' | 'normal' | 'last';

/** What may change while a job waits. */
export interface Rank {
  /** Epoch ms. */
  readonly deadlineAt: number;
  readonly priority: Priority;
}

export interface Waiting extends Ranked {
  readonly id: string;
  /** It was running when the service stopped. */
  readonly resumed: boolean;
  /** The program, by the digest under which a lane knows it. */
  readonly program: string;
  /** An operator's word, one class before the turns of requesters. Absent: normal. */
  readonly priority?: Priority;
  /** Bytes of input that wait with the job. */
  readonly sizeBytes: number;
}

/** A job's place in the line: how many are before it, how many of these are its requester's, and how many other requesters have some. */
export interface Place {
  readonly ahead: number;
  readonly aheadOfOwn: number;
  readonly others: number;
}

export interface Server {
  serves(kind: string): boolean;
  hasProgram(program: string): boolean;
}

export interface FreeServer extends Server {
  readonly warm: boolean;
  readonly programCount: number;
}

export interface QueueLimits {
  readonly jobs: number;
  readonly bytes: number;
}

/** A server that takes anything in strict policy order. */
export const anyServer: Server = { serves: () => true, hasProgram: () => false };

/** Candidates "close" to the first: about what a handful of lanes drain in one round. Wider gains little and delays the first more. */
export const affinityWindow = 8;

/** A job is passed over for affinity at most so often. One pass costs it one job's time and saves another one's set-up (8 s on CPU). */
export const passesAtMost = 3;

/**
 * A job whose deadline is nearer than this is never passed over. Three passes of a compressed proof on a small machine take 15 minutes;
 * were it too small, jobs would expire in a queue that affinity had reordered.
 */
export const affinityMarginMs = 30 * 60_000;

/** A bounded waiting line. A turn costs a few binary searches, also with 10,000 waiting. */
export class Queue<J extends Waiting> {
  readonly #entries = new Map<string, Entry<J>>();
  /** In the order in which they are served: what ran before a restart, then by the words of operators. */
  readonly #classes = {
    resumed: new Rotation<J>(),
    first: new Rotation<J>(),
    normal: new Rotation<J>(),
    last: new Rotation<J>(),
  };
  #bytes = 0;
  #order = 0;

  constructor(readonly limits: QueueLimits) {}

  get size(): number {
    return this.#entries.size;
  }

  /** What was promised before a restart always has room, and so has the first job, or one larger than the bound would never run. */
  isFullFor(job: J): boolean {
    if (job.resumed || this.size === 0) return false;
    return this.size >= this.limits.jobs || this.#bytes + job.sizeBytes > this.limits.bytes;
  }

  /** False when the line is full. An id that waits already is our own bug. */
  add(job: J): boolean {
    if (this.#entries.has(job.id)) throw new Error(`waits already: ${job.id}`);
    if (this.isFullFor(job)) return false;
    const entry: Entry<J> = { job, order: this.#order++, passes: 0 };
    this.#entries.set(job.id, entry);
    this.#bytes += job.sizeBytes;
    this.#rotationOf(job).add(entry);
    return true;
  }

  /** Leaves the line without being served. Unknown ids are ignored: the job may just have been taken. */
  remove(id: string): void {
    const entry = this.#entries.get(id);
    if (entry === undefined) return;
    this.#entries.delete(id);
    this.#bytes -= entry.job.sizeBytes;
    this.#rotationOf(entry.job).remove(entry);
  }

  /** It keeps its place among those of its rank, and its requester its turn within a class. Unknown ids are ignored. */
  rerank(id: string, rank: Rank): void {
    const entry = this.#entries.get(id);
    if (entry === undefined) return;
    const moved = { ...entry, job: { ...entry.job, ...rank } };
    const [from, to] = [this.#rotationOf(entry.job), this.#rotationOf(moved.job)];
    this.#entries.set(id, moved);
    if (from === to) to.move(entry, moved);
    else {
      from.remove(entry);
      to.add(moved);
    }
  }

  has(id: string): boolean {
    return this.#entries.has(id);
  }

  /** All that wait, in no order: those who only count need none. One that joins or leaves during the walk may be among them. */
  *waiting(): Generator<J, void> {
    for (const { job } of this.#entries.values()) yield job;
  }

  /** Where a job stands in the order of `peek`, without making it. Undefined: it does not wait. */
  placeOf(id: string): Place | undefined {
    const entry = this.#entries.get(id);
    if (entry === undefined) return undefined;
    const own = this.#rotationOf(entry.job);
    const { resumed, first, normal, last } = this.#classes;
    const classes = [resumed, first, normal, last];
    const before = classes.slice(0, classes.indexOf(own));
    const place = own.placeOf(entry);
    const others = new Set(place.others);
    for (const rotation of before) for (const requester of rotation.requesters()) others.add(requester);
    others.delete(entry.job.requester);
    const sizeBefore = (of: (rotation: Rotation<J>) => number) => before.reduce((sum, each) => sum + of(each), 0);
    return {
      ahead: sizeBefore(({ size }) => size) + place.ahead,
      aheadOfOwn: sizeBefore((each) => each.sizeOf(entry.job.requester)) + place.aheadOfOwn,
      others: others.size,
    };
  }

  /** Takes the job that this server should do next at `now` (epoch ms). Undefined when nothing that it serves waits. */
  take(server: Server, now: number): J | undefined {
    const { resumed, first, normal, last } = this.#classes;
    for (const rotation of [resumed, first, normal, last]) {
      const taken = this.#takeFrom(rotation, server, now);
      if (taken !== undefined) return taken;
    }
    return undefined;
  }

  /** The first `count` in the order in which a server without preferences takes them, if nobody joins meanwhile. */
  peek(count: number): J[] {
    const everything = () => true;
    const { resumed, first, normal, last } = this.#classes;
    const found: J[] = [];
    for (const rotation of [resumed, first, normal, last])
      if (found.length < count) found.push(...rotation.first(count - found.length, everything).map(({ job }) => job));
    return found;
  }

  #takeFrom(rotation: Rotation<J>, server: Server, now: number): J | undefined {
    const candidates = rotation.first(affinityWindow, (kind) => server.serves(kind));
    const chosen = withAffinity(candidates, server, now) ?? candidates[0];
    if (chosen === undefined) return undefined;
    for (const entry of candidates) {
      if (entry === chosen) break;
      entry.passes++;
    }
    this.remove(chosen.job.id);
    rotation.moveToEnd(chosen.job.requester);
    return chosen.job;
  }

  #rotationOf(job: J): Rotation<J> {
    return this.#classes[job.resumed ? 'resumed' : (job.priority ?? 'normal')];
  }
}

/** The first candidate whose program the server has, looking no further than the first one that must not be passed over. */
function withAffinity<J extends Waiting>(candidates: readonly Entry<J>[], server: Server, now: number) {
  for (const entry of candidates) {
    if (server.hasProgram(entry.job.program)) return entry;
    if (entry.passes >= passesAtMost || entry.job.deadlineAt - now < affinityMarginMs) return undefined;
  }
  return undefined;
}

/** The best of the free servers for a job: one that has its program, then a warm one, then the one with the fewest programs. */
export function chooseServer<S extends FreeServer>(job: Waiting, free: readonly S[]): S | undefined {
  let best: S | undefined;
  for (const server of free) {
    if (server.serves(job.kind) && (best === undefined || rank(server, job) > rank(best, job))) best = server;
  }
  return best;
}

function rank(server: FreeServer, job: Waiting): number {
  return (server.hasProgram(job.program) ? 4 : 0) + (server.warm ? 2 : 0) + 1 / (1 + server.programCount);
}
