// Hosts request actors: starts, restores and stops them, and hands every transition to its writer before the world may see it.
// It is the only place that creates request actors and the only one that logs transitions. A request that waits for its turn sleeps:
// it is a snapshot on disk and a place in a line, and gets its actor when it is woken. So ten thousand waiting ones cost little.
import { type ActorRefFrom, createActor, type InspectionEvent, type SnapshotFrom } from 'xstate';
import type { Address, RequestId } from '../ids.js';
import type { requestMachine } from '../machines/request.js';
import { requestedSnapshot } from '../machines/requested.js';
import type { ProofRequest, RequestEvent } from '../machines/requestRules.js';
import { isTerminal, type RequestView, type SnapshotLike, statePath, viewOf } from '../machines/requestView.js';
import type { Envelope, JournalEntry } from '../store/buckets.js';
import type { Transaction } from '../store/environment.js';
import { Tally } from '../tally.js';
import { createTransitionWriter, type TransitionSink, type TransitionWriter } from './transitionWriter.js';

type Machine = typeof requestMachine;
type Snapshot = SnapshotFrom<Machine>;

export interface HostParameters extends TransitionSink {
  /** The request machine with its effects provided. */
  readonly machine: Machine;
  /**
   * A request begins to sleep. Calls `wake` when its turn has come or its deadline has passed, also within this call; later calls
   * are ignored. Answers how to take it out of the line.
   */
  readonly sleep: (view: RequestView, wake: () => void) => () => void;
  /** The request's actor failed: a bug. It stays as it was last durable until the next start of the service. */
  readonly onQuarantined: (requestId: RequestId) => void;
}

export interface Host {
  /**
   * Starts a new request; resolves when it is durable, and then it sleeps. `withFirst` joins its first transaction.
   * Fails with DISK_FULL or INTERNAL, and then nothing of the request remains.
   */
  start(request: ProofRequest, withFirst: (tx: Transaction) => void): Promise<void>;
  /**
   * Brings a stored request back, asleep if its turn had not come; `beforeStart` sees it before any of its effects run again.
   * Throws a RestoreError for an unknown machine or an inconsistent snapshot.
   */
  restore(requestId: RequestId, envelope: Envelope, beforeStart: (view: RequestView) => void): void;
  /** Answers false when nobody hears it: the request has ended, or was set aside. */
  send(requestId: RequestId, event: RequestEvent): boolean;
  /** The last durable view of a live request. */
  view(requestId: RequestId): RequestView | undefined;
  readonly liveCount: number;
  /** How many of them one requester has. */
  liveCountOf(requester: Address): number;
  /** Stops all actors; resolves when everything they had decided is on disk or cannot be written. */
  stop(): Promise<void>;
}

export class RestoreError extends Error {
  override readonly name = 'RestoreError';
  constructor(requestId: RequestId, problem: string) {
    super(`Request ${requestId} cannot be restored: ${problem}. Start the release that wrote it.`);
  }
}

interface Hosted {
  readonly requester: Address;
  /** None while it is being made durable, and while it sleeps. */
  actor: ActorRefFrom<Machine> | undefined;
  /** While it sleeps: takes it out of the line. */
  leaveLine: (() => void) | undefined;
  readonly writer: TransitionWriter;
  /** Unknown events notify with the same snapshot object, which is no transition. */
  last: Snapshot | undefined;
  seq: number;
  path: string;
  durable: RequestView | undefined;
}

export function createHost(parameters: HostParameters): Host {
  const { clock, log, machine } = parameters;
  const hosted = new Map<RequestId, Hosted>();
  const perRequester = new Tally<Address>();
  let stopping = false;

  const sink: TransitionSink = {
    ...parameters,
    onDurable(view) {
      const { requestId } = view.request;
      const entry = hosted.get(requestId);
      if (entry) entry.durable = view;
      // A request that has ended is read from the store from here on.
      if (isTerminal(view)) drop(requestId);
      parameters.onDurable(view);
    },
  };

  function host(
    { requestId, requester }: ProofRequest,
    seq: number,
    path: string,
    withFirst?: (tx: Transaction) => void,
  ): Hosted {
    const writer = createTransitionWriter(sink, requestId, withFirst);
    const none = { actor: undefined, leaveLine: undefined, last: undefined, durable: undefined };
    const entry = { ...none, requester, writer, seq, path };
    hosted.set(requestId, entry);
    perRequester.add(requester);
    return entry;
  }

  function drop(requestId: RequestId): void {
    const entry = hosted.get(requestId);
    if (entry !== undefined && hosted.delete(requestId)) perRequester.add(entry.requester, -1);
  }

  function sleep(requestId: RequestId, entry: Hosted, view: RequestView): void {
    if (stopping) return;
    // It may be woken before there is a way to take it out.
    entry.leaveLine = () => {};
    const leaveLine = parameters.sleep(view, () => wake(requestId, entry));
    if (entry.leaveLine === undefined) leaveLine();
    else entry.leaveLine = leaveLine;
  }

  function wake(requestId: RequestId, entry: Hosted): void {
    const { leaveLine } = entry;
    if (leaveLine === undefined || stopping) return;
    entry.leaveLine = undefined;
    leaveLine();
    try {
      const envelope = parameters.store.get('snapshots', requestId);
      if (envelope === undefined) throw new Error('it sleeps without a snapshot');
      start(requestId, entry, envelope.snapshot);
    } catch (error) {
      quarantine(requestId, error);
    }
  }

  function start(requestId: RequestId, entry: Hosted, snapshot: unknown): void {
    const options = { snapshot, inspect: (event: InspectionEvent) => inspect(requestId, event) };
    const actor = createActor(machine, options as never) as ActorRefFrom<Machine>;
    entry.actor = actor;
    entry.last = actor.getSnapshot();
    // An error without an observer would end the process.
    actor.subscribe({ error: (error) => quarantine(requestId, error) });
    actor.start();
  }

  function inspect(requestId: RequestId, event: InspectionEvent): void {
    // Children report here too. Only the root's snapshot is persisted, with theirs inside.
    if (event.type !== '@xstate.snapshot' || event.actorRef.sessionId !== event.rootId || stopping) return;
    const entry = hosted.get(requestId);
    const snapshot = event.snapshot as Snapshot;
    if (entry === undefined || snapshot === entry.last || snapshot.status === 'error' || snapshot.status === 'stopped')
      return;
    entry.last = snapshot;
    try {
      record(requestId, entry, snapshot, event.event.type);
    } catch (error) {
      quarantine(requestId, error);
    }
  }

  function record(requestId: RequestId, entry: Hosted, snapshot: Snapshot, on: string): void {
    const at = clock.now();
    const from = entry.path;
    const to = statePath(snapshot.value);
    const seq = entry.seq + 1;
    // The clone proves that the snapshot is plain data, and keeps it from changing under the writer.
    const persisted = structuredClone(machine.getPersistedSnapshot(snapshot));
    entry.writer.record(
      { at, from, to, on },
      { machine: machine.id, seq, at, snapshot: persisted },
      viewOf(snapshot, seq, at),
    );
    entry.seq = seq;
    entry.path = to;
    tell(requestId, seq, { from, to, on });
  }

  const tell = (requestId: RequestId, seq: number, { from, to, on }: Omit<JournalEntry, 'at'>) =>
    log.info({ event: 'request.transition', requestId, seq, from, to, on }, `${from} → ${to}`);

  function quarantine(requestId: RequestId, error: unknown): void {
    log.error({ event: 'request.quarantined', requestId, err: error }, 'request set aside: its actor failed');
    const entry = hosted.get(requestId);
    entry?.actor?.stop();
    if (entry) entry.actor = undefined;
    parameters.onQuarantined(requestId);
  }

  return {
    async start(request, withFirst) {
      const { requestId } = request;
      const snapshot = requestedSnapshot(request);
      const at = clock.now();
      const view = viewOf(snapshot, 0, at);
      const entry = host(request, 0, view.state, withFirst);
      const first = { from: '', to: view.state, on: 'xstate.init' };
      entry.writer.record({ at, ...first }, { machine: machine.id, seq: 0, at, snapshot }, view);
      tell(requestId, 0, first);
      try {
        await entry.writer.settled();
      } catch (error) {
        drop(requestId);
        throw error;
      }
      sleep(requestId, entry, view);
    },

    restore(requestId, envelope, beforeStart) {
      if (envelope.machine !== machine.id) {
        throw new RestoreError(
          requestId,
          `it was written by machine ${envelope.machine}, this release has ${machine.id}`,
        );
      }
      const stored = envelope.snapshot as SnapshotLike & { children: Record<string, { snapshot: { status: string } }> };
      for (const [name, child] of Object.entries(stored.children)) {
        // XState would leave such a child dead and the request would wait for it for ever.
        if (child.snapshot.status !== 'active')
          throw new RestoreError(requestId, `its child ${name} is ${child.snapshot.status}`);
      }
      const view = viewOf(stored, envelope.seq, envelope.at);
      const entry = host(view.request, envelope.seq, statePath(stored.value));
      entry.durable = view;
      beforeStart(view);
      if (view.state === 'requested') sleep(requestId, entry, view);
      else start(requestId, entry, envelope.snapshot);
    },

    send(requestId, event) {
      const entry = hosted.get(requestId);
      if (entry?.leaveLine !== undefined) wake(requestId, entry);
      if (entry?.actor === undefined) return false;
      // One that has ended and is not durable yet hears nothing more, and need not.
      if (entry.actor.getSnapshot().status === 'active') entry.actor.send(event);
      return true;
    },
    view: (requestId) => hosted.get(requestId)?.durable,
    get liveCount() {
      return hosted.size;
    },
    liveCountOf: (requester) => perRequester.of(requester),

    async stop() {
      stopping = true;
      const writers = [...hosted.values()].map((entry) => {
        entry.leaveLine?.();
        entry.actor?.stop();
        entry.writer.giveUpOnFailure();
        return entry.writer.settled();
      });
      await Promise.allSettled(writers);
    },
  };
}
