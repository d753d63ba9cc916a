// A proof request as a kind of durable machine.
import type { Host } from '../durable/host.js';
import type { Dormancy, DurableKind } from '../durable/kind.js';
import type { Failure } from '../failures/catalog.js';
import type { RequestId } from '../ids.js';
import { requestMachine } from '../machines/request/machine.js';
import { requestMigrations } from '../machines/request/migrations.js';
import { requestedSnapshot } from '../machines/request/requested.js';
import type { ProofRequest, RequestEvent } from '../machines/request/rules.js';
import { isTerminal, type RequestView, type SnapshotLike, statePath, viewOf } from '../machines/request/view.js';
import type { Act } from '../store/buckets.js';

export type RequestKind = DurableKind<RequestId, ProofRequest, RequestView, RequestEvent>;

export type RequestHost = Host<RequestId, ProofRequest, RequestView, RequestEvent>;

/** Enough to read requests; `createSystem` gives the machine its effects and the waiting ones their line. */
export const requestKind: RequestKind = {
  name: 'request',
  machine: requestMachine,
  migrations: requestMigrations,
  buckets: { snapshots: 'snapshots', journal: 'journal', open: 'openRequests' },
  viewOf: (snapshot, envelope) => viewOf(snapshot as SnapshotLike, envelope),
  idOf: ({ request }) => request.requestId,
  ownerOf: ({ request }) => request.requester,
  ageOf: ({ elapsedMs }) => elapsedMs,
  isTerminal,
  expires: true,
  pathOf: statePath,
  factsOf: (...transition) => factsOf(...transition),
  first: requestedSnapshot as RequestKind['first'],
};

/** On which lane it ran or runs, at which try, why a stage has failed, and which operator has done it. */
const factsOf: NonNullable<RequestKind['factsOf']> = (event, before, after) => {
  const lane = laneIn(after) ?? laneIn(before);
  const attempt = attemptIn(after) ?? attemptIn(before);
  const { type, failure, act } = event as RequestEvent & { readonly failure?: Failure; readonly act?: Act };
  return {
    ...(lane !== undefined && { lane }),
    ...(attempt !== undefined && { attempt }),
    ...(type === 'STAGE_FAILED' && failure !== undefined && { failure }),
    ...(act !== undefined && { act }),
  };
};

const laneIn = (view: RequestView) => ('lane' in view ? (view.lane ?? undefined) : undefined);
const attemptIn = (view: RequestView) => ('phase' in view ? view.attempt : undefined);

/** A request waits for its admission without an actor. */
export const dormantRequests = (sleep: Dormancy<RequestView>['sleep']): Dormancy<RequestView> => ({
  isDormant: ({ state }) => state === 'requested',
  sleep,
});
