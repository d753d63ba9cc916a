// All requests, live and ended: the one place that rpc asks. Intake is idempotent on (requester, stdin). What it answers about a
// request is always on disk already.
import type { Clock } from '../clock.js';
import { storedView } from '../durable/stored.js';
import type { Failure } from '../failures/catalog.js';
import { fail } from '../failures/fail.js';
import { FailureError } from '../failures/failureError.js';
import { type Address, type ArtifactId, newRequestId, type RequestId } from '../ids.js';
import type { ProofRequest, RequestEvent } from '../machines/request/rules.js';
import { isTerminal, type LiveProgress, type RequestView } from '../machines/request/view.js';
import type { Orders } from '../operations/orders.js';
import { programFor } from '../programs/programs.js';
import type { Random } from '../random.js';
import type { Store, Transaction } from '../store/environment.js';
import { type RequestHost, requestKind } from './kind.js';
import { type ListFilter, listRequests } from './listRequests.js';

/** What was asked for, as signed. The stdin itself is looked up only for a new request: that of an ended one is gone. */
export type Submission = Omit<ProofRequest, 'requestId' | 'createdAt' | 'stdin'> & { readonly stdinId: ArtifactId };

export interface FirstWrite {
  /** The uploaded stdin. Throws when there is none or it is not the requester's. */
  readonly stdin: () => ProofRequest['stdin'];
  /** Joins the transaction that makes the request durable. */
  readonly alsoWrite: (tx: Transaction, requestId: RequestId) => void;
  /** Somebody else has taken the request in and named it: it is not refused here any more. */
  readonly requestId?: RequestId;
}

export interface Registry {
  /**
   * Makes a request durable and answers its id. The same requester asking for the same stdin again gets the same id. With other
   * terms it is REQUEST_CONFLICT. Fails with PROGRAM_NOT_FOUND, STARTING, DRAINING, PAUSED, REQUESTER_QUEUE_FULL, QUEUE_FULL, DISK_FULL.
   */
  submit(submission: Submission, first: FirstWrite): Promise<RequestId>;
  /** Fails with what `submit` fails with for want of room, or of will: for those who must know it before. */
  assertRoomFor(requester: Address): void;
  /** The durable view, from memory while the request is live, from the store after. */
  view(requestId: RequestId): RequestView | undefined;
  /** How old a live request is (ms), whatever became of the clock. Undefined after its end. */
  elapsedMs(requestId: RequestId): number | undefined;
  progress(requestId: RequestId): LiveProgress | undefined;
  /** Newest first. */
  list(filter: ListFilter): Promise<RequestView[]>;
  /**
   * Ends an open request. Resolves with its last view once that is durable: cancelled, unless it had ended before or another end was
   * faster. Fails with REQUEST_NOT_FOUND, STARTING, DRAINING, and with ABORTED when the signal fires. The request may still get cancelled.
   */
  cancel(requestId: RequestId, signal?: AbortSignal): Promise<RequestView>;
  /** As `cancel`, of a request whose proof nobody wants from here any more: it has failed for this reason. */
  giveUp(requestId: RequestId, failure: Failure): Promise<RequestView>;
  /** Called with every durable view of any request. Returns the unsubscribe function. */
  onChange(listener: (view: RequestView) => void): () => void;
}

export interface RegistryParameters {
  readonly store: Store;
  readonly host: RequestHost;
  readonly clock: Pick<Clock, 'now' | 'turn'>;
  readonly random: Random;
  /** Most requests that may be open at once, of all and of one requester. */
  readonly maxOpen: number;
  readonly maxOpenOfRequester: number;
  readonly orders: Pick<Orders, 'of'>;
  readonly gate: () => 'starting' | 'serving' | 'draining';
  readonly progress: ReadonlyMap<RequestId, LiveProgress>;
  readonly listeners: Set<(view: RequestView) => void>;
}

/** What a repeated submission must agree on; nonce, signature and deadline arithmetic may differ. */
const comparedTerms = [
  'flavour',
  'vkHash',
  'version',
  'mode',
  'cycleLimit',
  'gasLimit',
  'deadlineAt',
  'strategy',
  'stdinPrivate',
  'publicValuesHash',
] as const satisfies ReadonlyArray<keyof Submission & keyof ProofRequest>;

export function createRegistry(parameters: RegistryParameters): Registry {
  const { store, host, clock, random, gate, listeners } = parameters;
  /** Submissions whose first write is under way, so that two at once become one. */
  const starting = new Map<string, { request: ProofRequest; durable: Promise<void> }>();

  // Of a live one only what is durable: the store shows what a crash may still take back.
  const view = (requestId: RequestId) =>
    host.has(requestId) ? host.view(requestId) : storedView(store, requestKind, requestId);

  function assertSameTerms(submission: Submission, earlier: ProofRequest): void {
    const field = comparedTerms.find((name) => submission[name] !== earlier[name]);
    if (field !== undefined) throw new FailureError(fail('REQUEST_CONFLICT', { requestId: earlier.requestId, field }));
  }

  function assertAccepting(): void {
    const state = gate();
    if (state === 'starting') throw new FailureError(fail('STARTING'));
    if (state === 'draining') throw new FailureError(fail('DRAINING'));
  }

  /** All of it passes by itself, so all of it tells the client to try again. */
  function assertRoomFor(requester: Address): void {
    const { maxOpen, maxOpenOfRequester, orders } = parameters;
    const pause = orders.of('intake');
    if (pause !== undefined) throw new FailureError(fail('PAUSED', { untilAt: pause.untilAt ?? 0 }));
    if (host.liveCountOf(requester) >= maxOpenOfRequester)
      throw new FailureError(fail('REQUESTER_QUEUE_FULL', { requester, limit: maxOpenOfRequester }));
    if (host.liveCount >= maxOpen) throw new FailureError(fail('QUEUE_FULL', { limit: maxOpen }));
  }

  function assertWelcome({ requester, deadlineAt }: Submission, now: number): void {
    if (deadlineAt <= now) throw new FailureError(fail('DEADLINE_PASSED', { deadlineAt }));
    assertRoomFor(requester);
  }

  function assertRegistered(tx: Transaction, { vkHash, requester, program }: ProofRequest): void {
    if (program === undefined && programFor(tx, vkHash, requester) === undefined)
      throw new FailureError(fail('PROGRAM_NOT_FOUND', { vkHash }));
  }

  async function end(requestId: RequestId, event: RequestEvent, signal?: AbortSignal): Promise<RequestView> {
    assertAccepting();
    const before = view(requestId);
    if (before === undefined) throw new FailureError(fail('REQUEST_NOT_FOUND', { requestId }));
    if (isTerminal(before)) return before;
    return new Promise((resolve, reject) => {
      const leave = () => {
        listeners.delete(look);
        signal?.removeEventListener('abort', giveUp);
      };
      const giveUp = () => {
        leave();
        reject(new FailureError(fail('ABORTED')));
      };
      // Whichever end is durable first is the end. The machine has heard of no other.
      const look = (changed: RequestView) => {
        if (changed.request.requestId !== requestId || !isTerminal(changed)) return;
        leave();
        resolve(changed);
      };
      listeners.add(look);
      signal?.addEventListener('abort', giveUp, { once: true });
      if (host.send(requestId, event)) return;
      leave();
      reject(new Error(`request ${requestId} is open, and its host does not take its end`));
    });
  }

  return {
    view,
    assertRoomFor,
    elapsedMs: (requestId) => host.elapsedMs(requestId),
    progress: (requestId) => parameters.progress.get(requestId),

    async submit(submission, first) {
      assertAccepting();
      const key = `${submission.requester}:${submission.stdinId}`;
      const underWay = starting.get(key);
      if (underWay !== undefined) {
        assertSameTerms(submission, underWay.request);
        await underWay.durable;
        return underWay.request.requestId;
      }
      const earlierId = store.get('requestOfStdin', submission.stdinId);
      const earlier = earlierId && view(earlierId);
      // A stranger's stdin is refused below, as one that was never submitted.
      if (earlier && earlier.request.requester === submission.requester) {
        assertSameTerms(submission, earlier.request);
        return earlier.request.requestId;
      }
      const now = clock.now();
      if (first.requestId === undefined) assertWelcome(submission, now);

      const { stdinId: _, ...terms } = submission;
      const request: ProofRequest = {
        ...terms,
        stdin: first.stdin(),
        requestId: first.requestId ?? newRequestId(now, random),
        createdAt: now,
      };
      const durable = host.start(request, (tx) => {
        // Asked again where nothing can come in between: an operator may remove it at any time.
        if (first.requestId === undefined) assertRegistered(tx, request);
        tx.put('openRequests', [request.requestId], true);
        tx.put('requestOfStdin', [request.stdin.id], request.requestId);
        first.alsoWrite(tx, request.requestId);
      });
      starting.set(key, { request, durable });
      try {
        await durable;
      } finally {
        starting.delete(key);
      }
      return request.requestId;
    },

    list: (filter) => listRequests({ store, host, clock, view }, filter),

    cancel: (requestId, signal) => end(requestId, { type: 'CANCEL' }, signal),
    giveUp: (requestId, failure) => end(requestId, { type: 'GIVE_UP', failure }),

    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
