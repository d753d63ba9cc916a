// All requests, live and ended: the one place that rpc asks. Intake is idempotent on (requester, stdin); what it answers about a
// request is always on disk already.
import { setImmediate as loopTurn } from 'node:timers/promises';
import { FailureError, fail } from '../errors.js';
import { type Address, type ArtifactId, newRequestId, type RequestId } from '../ids.js';
import type { ProofRequest } from '../machines/requestRules.js';
import { isTerminal, type LiveProgress, type RequestView, type SnapshotLike, viewOf } from '../machines/requestView.js';
import type { Store, Transaction } from '../store/environment.js';
import type { Host } from './host.js';

/** What was asked for, as signed. The stdin itself is looked up only for a new request: that of an ended one is gone. */
export type Submission = Omit<ProofRequest, 'requestId' | 'createdAt' | 'stdin'> & { readonly stdinId: ArtifactId };

export interface FirstWrite {
  /** The uploaded stdin. Throws when there is none or it is not the requester's. */
  readonly stdin: () => ProofRequest['stdin'];
  /** Joins the transaction that makes the request durable. */
  readonly alsoWrite: (tx: Transaction, requestId: RequestId) => void;
}

export interface ListFilter {
  readonly requester: Address;
  /** Epoch ms, inclusive. */
  readonly from: number | undefined;
  readonly to: number | undefined;
  readonly matches: (view: RequestView) => boolean;
  readonly offset: number;
  readonly limit: number;
}

export interface Registry {
  /**
   * Makes a request durable and answers its id. The same requester asking for the same stdin again gets the same id; with other
   * terms it is REQUEST_CONFLICT. Fails with STARTING, DRAINING, REQUESTER_QUEUE_FULL, QUEUE_FULL, DISK_FULL.
   */
  submit(submission: Submission, first: FirstWrite): Promise<RequestId>;
  /** The durable view, from memory while the request is live, from the store after. */
  view(requestId: RequestId): RequestView | undefined;
  progress(requestId: RequestId): LiveProgress | undefined;
  /** Newest first. */
  list(filter: ListFilter): Promise<RequestView[]>;
  /**
   * Ends an open request. Resolves with its last view once that is durable: cancelled, unless it had ended before or another end was
   * faster. Fails with REQUEST_NOT_FOUND, STARTING, DRAINING, and with ABORTED when the signal fires; the request may be cancelled then.
   */
  cancel(requestId: RequestId, signal?: AbortSignal): Promise<RequestView>;
  /** Called with every durable view of any request. Returns the unsubscribe function. */
  onChange(listener: (view: RequestView) => void): () => void;
}

export interface RegistryParameters {
  readonly store: Store;
  readonly host: Host;
  readonly clock: { now(): number };
  /** Most requests that may be open at once, of all and of one requester. */
  readonly maxOpen: number;
  readonly maxOpenOfRequester: number;
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

/** A list call reads at most this many records before it answers with what it has. */
const maxScanned = 20_000;
/** So many of them in one turn of the loop, which takes about ten milliseconds: everybody else's calls wait for it. */
const scannedInTurn = 500;

export function createRegistry(parameters: RegistryParameters): Registry {
  const { store, host, clock, gate, listeners } = parameters;
  /** Submissions whose first write is under way, so that two at once become one. */
  const starting = new Map<string, { request: ProofRequest; durable: Promise<void> }>();

  function viewStored(requestId: RequestId): RequestView | undefined {
    const envelope = store.get('snapshots', requestId);
    return envelope && viewOf(envelope.snapshot as SnapshotLike, envelope.seq, envelope.at);
  }

  const view = (requestId: RequestId) => host.view(requestId) ?? viewStored(requestId);

  function assertSameTerms(submission: Submission, earlier: ProofRequest): void {
    const field = comparedTerms.find((name) => submission[name] !== earlier[name]);
    if (field !== undefined) throw new FailureError(fail('REQUEST_CONFLICT', { requestId: earlier.requestId, field }));
  }

  function assertAccepting(): void {
    const state = gate();
    if (state === 'starting') throw new FailureError(fail('STARTING'));
    if (state === 'draining') throw new FailureError(fail('DRAINING'));
  }

  /** Both pass by themselves as requests end, so both tell the client to try again. */
  function assertRoomFor(requester: Address): void {
    const { maxOpen, maxOpenOfRequester } = parameters;
    if (host.liveCountOf(requester) >= maxOpenOfRequester)
      throw new FailureError(fail('REQUESTER_QUEUE_FULL', { requester, limit: maxOpenOfRequester }));
    if (host.liveCount >= maxOpen) throw new FailureError(fail('QUEUE_FULL', { limit: maxOpen }));
  }

  return {
    view,
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
      const earlierId = store.get('submissions', submission.requester, submission.stdinId);
      const earlier = earlierId && view(earlierId);
      if (earlier) {
        assertSameTerms(submission, earlier.request);
        return earlier.request.requestId;
      }
      const now = clock.now();
      if (submission.deadlineAt <= now)
        throw new FailureError(fail('DEADLINE_PASSED', { deadlineAt: submission.deadlineAt }));
      assertRoomFor(submission.requester);

      const { stdinId: _, ...terms } = submission;
      const request: ProofRequest = { ...terms, stdin: first.stdin(), requestId: newRequestId(now), createdAt: now };
      const durable = host.start(request, (tx) => {
        tx.put('openRequests', [request.requestId], true);
        tx.put('submissions', [request.requester, request.stdin.id], request.requestId);
        tx.put('requestsByRequester', [request.requester, now, request.requestId], true);
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

    async list({ requester, from, to, matches, offset, limit }) {
      const found: RequestView[] = [];
      let skipped = 0;
      let after: [Address, number, RequestId] | undefined;
      for (let scanned = 0; scanned < maxScanned; scanned += scannedInTurn) {
        const slice = [
          ...store.scan('requestsByRequester', [requester], { reverse: true, limit: scannedInTurn, after }),
        ];
        for (const { key } of slice) {
          const [, at, requestId] = key;
          if (to !== undefined && at > to) continue;
          if (from !== undefined && at < from) return found;
          const candidate = view(requestId);
          if (candidate === undefined || !matches(candidate)) continue;
          if (skipped < offset) skipped += 1;
          else if (found.push(candidate) >= limit) return found;
        }
        after = slice.at(-1)?.key;
        if (slice.length < scannedInTurn) break;
        await loopTurn();
      }
      return found;
    },

    async cancel(requestId, signal) {
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
        // Whichever end is durable first is the end; the machine has heard of no other.
        const look = (changed: RequestView) => {
          if (changed.request.requestId !== requestId || !isTerminal(changed)) return;
          leave();
          resolve(changed);
        };
        listeners.add(look);
        signal?.addEventListener('abort', giveUp, { once: true });
        if (host.send(requestId, { type: 'CANCEL' })) return;
        leave();
        reject(new Error(`request ${requestId} is open, and nobody hears that it is cancelled`));
      });
    },

    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
