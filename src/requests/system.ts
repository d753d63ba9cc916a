// Everything between the wire and the lanes, put together: the machine with its effects, its host, the registry. Used by the
// service and by the tests, which bring their own clock and lanes.

import type { Catalog } from '../artifacts/catalog.js';
import type { ArtifactBackend } from '../artifacts/port.js';
import type { ProofIds } from '../artifacts/proofIds.js';
import type { Clock } from '../clock.js';
import { type ActOn, createActOn } from '../durable/actOn.js';
import { createHost } from '../durable/host.js';
import { restoreOpen } from '../durable/restore.js';
import type { FeedWriter } from '../feed/feed.js';
import type { RequestId, VkHash } from '../ids.js';
import type { Scheduling } from '../lanes/scheduling.js';
import type { Log } from '../log.js';
import { requestMachine } from '../machines/request/machine.js';
import type { RequestEvent } from '../machines/request/rules.js';
import { isTerminal, type LiveProgress, type RequestView } from '../machines/request/view.js';
import type { AuditWriter } from '../operations/audit.js';
import type { Orders } from '../operations/orders.js';
import { printable } from '../printable.js';
import type { Random } from '../random.js';
import type { JournalEntry } from '../store/buckets.js';
import type { Store } from '../store/environment.js';
import type { Signer } from '../tee/signer.js';
import type { Vouchers } from '../tee/vouchers.js';
import type { Admission } from './admission.js';
import { type Browse, createBrowse } from './browse.js';
import { Census, type RequestCounts } from './census.js';
import { admitEffect } from './effects/admit.js';
import { backOffEffect, deadlineEffect, holdEffect } from './effects/deadline.js';
import { executeEffect } from './effects/execute.js';
import { proveEffect } from './effects/prove.js';
import { signEffect } from './effects/sign.js';
import { verifyEffect } from './effects/verify.js';
import { createVouching } from './effects/vouching.js';
import { dormantRequests, type RequestKind, requestKind } from './kind.js';
import { createRanks } from './ranks.js';
import { createRegistry, type Registry } from './registry.js';
import { createReleases, type Releases } from './releases.js';
import { createRenewal, type Renew } from './renewal.js';
import { createRequestEnd } from './requestEnd.js';
import { createTakeProof, type TakeProof } from './takeProof.js';
import { UsualTimes } from './why/usualTimes.js';
import { createWhy, type Look, type Obstacle, type ObstacleCode } from './why/why.js';

export interface SystemParameters {
  readonly store: Store;
  /** Every transition gets a number in it. */
  readonly feed: FeedWriter;
  readonly audit: AuditWriter;
  readonly orders: Pick<Orders, 'of' | 'note'>;
  /** Called with each transition that is on disk; the view is of then or later. */
  readonly onTransition?: (view: RequestView, entry: JournalEntry) => void;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly scheduling: Scheduling;
  readonly admission: Admission;
  readonly artifacts: ArtifactBackend;
  readonly catalog: Catalog;
  readonly proofIds: ProofIds;
  readonly gate: () => 'starting' | 'serving' | 'draining';
  readonly maxOpen: number;
  readonly maxOpenOfRequester: number;
  readonly proofRetentionMs: number;
  /** A request that fails by a fault of ours waits so long for an operator (ms). 0: it ends. */
  readonly holdFailedMs: number;
  /** Who signs in mode tee. */
  readonly signer: Signer;
  readonly vouchers: Vouchers;
  /** Longer public values are not signed. */
  readonly maxPublicValuesBytes: number;
  /** Asked again before each signature. */
  readonly isSignedFor: (vkHash: VkHash) => boolean;
  /** Which life of the service this is. */
  readonly life: number;
}

export interface RequestSystem {
  readonly registry: Registry;
  readonly browse: Browse;
  /** Does what an operator says. */
  readonly actRequest: ActOn<RequestId, RequestEvent>;
  readonly admission: Pick<Admission, 'order' | 'applicants' | 'placeOf' | 'isWaiting' | 'inside' | 'window'>;
  /** Why open requests do not move. */
  readonly why: () => Look;
  readonly usual: Pick<UsualTimes, 'of' | 'ofProgram' | 'longestMs'>;
  readonly counts: () => RequestCounts;
  /** Every open request as it was decided last, on disk or not: those that are being made durable are among them. */
  readonly decidedViews: () => readonly RequestView[];
  /** Open requests whose actor has failed, by a bug of ours, and with what: they rest until they are released, or the next start. */
  readonly setAside: ReadonlyMap<RequestId, string>;
  readonly releases: Releases;
  /** Open requests that have failed and wait for an operator. */
  readonly held: ReadonlySet<RequestId>;
  /** Signs once more for what was signed for. */
  readonly renew: Renew;
  /** Has a proof verified that was not made here. */
  readonly takeProof: TakeProof;
  /** Brings every open request back. Answers how many. Throws a RestoreError. */
  restore(): number;
  /** Stops every request where it is. Resolves when all that was decided is on disk. */
  stop(): Promise<void>;
}

/** Of the text of an error that is shown to an operator. */
const longestError = 200;

export function createSystem(parameters: SystemParameters): RequestSystem {
  const { store, feed, audit, clock, log, admission } = parameters;
  const progress = new Map<RequestId, LiveProgress>();
  const resumed = new Set<RequestId>();
  const setAside = new Map<RequestId, string>();
  const ranks = createRanks({ ...parameters, viewOf: (requestId) => registry.view(requestId) });
  const census = new Census();
  const obstacles = new Map<RequestId, Obstacle>();
  const usual = new UsualTimes(clock);
  const listeners = new Set<(view: RequestView) => void>();
  const end = createRequestEnd(parameters);

  const stage = {
    ...parameters,
    resumed,
    holdMs: parameters.holdFailedMs,
    rankOf: ranks.of,
    onProgress: (requestId: RequestId, report: Omit<LiveProgress, 'at'>) =>
      progress.set(requestId, { ...report, at: clock.now() }),
    onObstacle(requestId: RequestId, code: ObstacleCode | undefined) {
      if (code === undefined) obstacles.delete(requestId);
      else if (!obstacles.has(requestId)) obstacles.set(requestId, { code, since: clock.steady() });
    },
  };
  const vouching = createVouching({ ...parameters, ...stage });
  const machine = requestMachine.provide({
    actors: {
      admit: admitEffect(admission),
      execute: executeEffect(stage, vouching),
      prove: proveEffect(stage),
      verify: verifyEffect(stage),
      sign: signEffect({ ...parameters, vouching }),
      deadline: deadlineEffect(clock),
      backOff: backOffEffect(clock),
      hold: holdEffect(clock),
    },
  });

  const kind: RequestKind = {
    ...requestKind,
    machine,
    dormant: dormantRequests(({ request: { requestId, requester }, deadlineAt, priority }, wake) => {
      const cancelDeadline = clock.wakeAt(deadlineAt, wake);
      const leaveLine = admission.line({ requestId, requester, deadlineAt, priority, resumed: false }, wake);
      return () => {
        cancelDeadline();
        leaveLine();
      };
    }),
  };

  const host = createHost({
    store,
    clock,
    log,
    life: parameters.life,
    kind,
    hooks: [end.writeRecords],
    note(tx, view, seq, entry) {
      // The cause before what it led to.
      if (entry.act !== undefined) audit.note(tx, entry.at, entry.act);
      feed.note(tx, { at: entry.at, what: 'request', id: view.request.requestId, seq }, entry);
      tx.whenDurable(() => {
        // With each: a stage that begins and ends within one flush is seen, too.
        usual.note(view);
        parameters.onTransition?.(view, entry);
      });
    },
    onDurable(view) {
      const { requestId } = view.request;
      census.note(view);
      ranks.note(view);
      if (isTerminal(view)) {
        progress.delete(requestId);
        obstacles.delete(requestId);
        resumed.delete(requestId);
        admission.leave(requestId);
        void end.removeFiles(view);
      }
      for (const listener of listeners) listener(view);
    },
    onQuarantined(requestId, error) {
      setAside.set(
        requestId,
        printable(error instanceof Error ? `${error.name}: ${error.message}` : String(error), longestError),
      );
      admission.leave(requestId);
    },
  });

  const lastFailure = ({ request: { requestId }, seq }: RequestView) => store.get('journal', requestId, seq)?.failure;
  const registry = createRegistry({ ...parameters, host, progress, listeners });

  /** Those that were admitted keep their places. Those on a lane go first. */
  function prepare(view: RequestView): void {
    const { requestId, requester } = view.request;
    census.note(view);
    if (view.state !== 'requested') admission.occupy(requestId, requester);
    if ('phase' in view && view.phase === 'running') resumed.add(requestId);
  }

  return {
    registry,
    admission,
    why: createWhy({
      ...parameters,
      viewOf: registry.view,
      setAside,
      obstacles,
      usual,
      unsigned: () => unsigned(parameters.signer),
      lastFailure,
    }),
    usual,
    renew: createRenewal({ ...parameters, vouching }),
    takeProof: createTakeProof({ ...parameters, host }),
    browse: createBrowse({ store, host, clock }),
    actRequest: createActOn(host, { what: 'Request', stateOf: (requestId) => registry.view(requestId)?.state }),
    counts: () => census.counts(),
    decidedViews: () => host.decidedViews(),
    setAside,
    releases: createReleases({ ...parameters, host, setAside, prepare }),
    held: census.held,
    // All take their places before any that waits may look for one.
    restore: () => restoreOpen({ store, kind, host, prepare }),
    stop: () => host.stop(),
  };
}

/** Why no key signs now. Undefined: one does. */
function unsigned(signer: Signer): string | undefined {
  const key = signer.active();
  return 'waiting' in key ? key.waiting : undefined;
}
