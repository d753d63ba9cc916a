// A window over the open requests: only so many are past `requested` at once, so that ten thousand waiting ones cost a line in a queue
// and not ten thousand open files and journal entries. Within the policy of `machines/queue/queue.ts`.
import type { RequestId } from '../ids.js';
import { anyServer, type Place, type Priority, Queue, type Rank, type Waiting } from '../machines/queue/queue.js';
import { Tally } from '../tally.js';

export interface Applicant {
  readonly requestId: RequestId;
  readonly requester: string;
  /** Epoch ms. */
  readonly deadlineAt: number;
  readonly priority?: Priority;
  /** It had been admitted before a restart: it goes first. */
  readonly resumed: boolean;
}

interface WaitingRequest extends Waiting {
  readonly admit: () => void;
}

/**
 * Beyond the window by this share of it (1/n) come first requests: of those who have none inside. Else one who fills the window with
 * long proofs would keep all others out until the first of them ends, though lanes would take their jobs in turn.
 */
const firstsShare = 4;

const boundless = { jobs: Number.POSITIVE_INFINITY, bytes: Number.POSITIVE_INFINITY };

export class Admission {
  /** How many requests may be under way. First requests of an address come in beyond it. */
  readonly window: number;
  /** With their requesters. */
  readonly #inside = new Map<RequestId, string>();
  readonly #perRequester = new Tally<string>();
  readonly #queue = new Queue<WaitingRequest>(boundless);

  /** `window`: how many requests may be under way. More than there are lanes, so that none of them waits for intake. */
  constructor(window: number) {
    this.window = window;
  }

  get inside(): number {
    return this.#inside.size;
  }

  get waiting(): number {
    return this.#queue.size;
  }

  /** The first `count` in the line, in the order in which they are admitted if nobody joins meanwhile. */
  order(count = Number.POSITIVE_INFINITY): RequestId[] {
    return this.#queue.peek(count).map(({ id }) => id as RequestId);
  }

  /** All in the line with their deadlines (epoch ms), in no order. */
  *applicants(): Generator<Pick<Applicant, 'requestId' | 'deadlineAt'>, void> {
    for (const { id, deadlineAt } of this.#queue.waiting()) yield { requestId: id as RequestId, deadlineAt };
  }

  isWaiting(requestId: RequestId): boolean {
    return this.#queue.has(requestId);
  }

  /** Where one stands in that order. Undefined: it is not in the line. */
  placeOf(requestId: RequestId): Place | undefined {
    return this.#queue.placeOf(requestId);
  }

  /**
   * Calls `admit` once, when the request may go on. It then counts until `leave`. A request that is inside already is let through
   * at once, within this call. Answers how to give up waiting. A request stands in the line once at a time.
   */
  line({ requestId, requester, deadlineAt, priority, resumed }: Applicant, admit: () => void): () => void {
    if (this.#inside.has(requestId)) {
      admit();
      return () => {};
    }
    const isFirst = this.#perRequester.of(requester) === 0;
    if (isFirst && this.inside < this.window + Math.floor(this.window / firstsShare)) {
      this.occupy(requestId, requester);
      admit();
      return () => {};
    }
    const rank = { requester, deadlineAt, resumed, ...(priority && { priority }) };
    this.#queue.add({ id: requestId, ...rank, kind: '', program: '', sizeBytes: 0, admit });
    this.#fill();
    // Once admitted it stands in the line no more, and this does nothing.
    return () => this.#queue.remove(requestId);
  }

  /** One that waits is ranked anew. */
  rerank(requestId: RequestId, rank: Rank): void {
    this.#queue.rerank(requestId, rank);
  }

  /** A request that was admitted before a restart keeps its place, even beyond the window. */
  occupy(requestId: RequestId, requester: string): void {
    if (this.#inside.has(requestId)) return;
    this.#inside.set(requestId, requester);
    this.#perRequester.add(requester);
  }

  /** The request has ended, or waits for nothing more. Unknown ids are ignored: it may have ended before it was admitted. */
  leave(requestId: RequestId): void {
    const requester = this.#inside.get(requestId);
    if (requester === undefined) return;
    this.#inside.delete(requestId);
    this.#perRequester.add(requester, -1);
    this.#fill();
  }

  #fill(): void {
    while (this.#inside.size < this.window) {
      // In strict order there is no affinity, so that no deadline has to be compared with the time.
      const next = this.#queue.take(anyServer, 0);
      if (next === undefined) return;
      this.occupy(next.id as RequestId, next.requester);
      next.admit();
    }
  }
}
