// Hosts the actors of one kind of durable machine: starts, restores and stops them. One that waits for its turn sleeps: it is a snapshot
// on disk and a place in a line, and gets its actor when it wakes. So ten thousand waiting ones cost little.
import type { EventObject } from 'xstate';
import type { Clock } from '../clock.js';
import type { Envelope } from '../store/buckets.js';
import type { Transaction } from '../store/environment.js';
import { Tally } from '../tally.js';
import { elapsedOf, type Hosted } from './hosted.js';
import { migrated } from './migrate.js';
import { createRunner, type RunnerParameters } from './runner.js';
import type { StoredSnapshot } from './snapshot.js';
import { storedEnvelope } from './stored.js';
import { createTransitionWriter, type TransitionSink } from './transitionWriter.js';

export type HostParameters<Id extends string, Start, View, Event extends EventObject> = Omit<
  TransitionSink<View>,
  'kind'
> &
  RunnerParameters<Id, Start, View, Event>;

/** One as it lies in the store, with its snapshot in the present shape. */
export interface Restored<View> {
  readonly snapshot: StoredSnapshot;
  readonly view: View;
  readonly envelope: Envelope;
}

export interface Host<Id extends string, Start, View, Event extends EventObject> {
  /**
   * Starts a new one. Resolves when it is durable. `withFirst` joins its first transaction. Fails with DISK_FULL or INTERNAL, and then
   * nothing of it remains.
   */
  start(start: Start, withFirst: (tx: Transaction) => void): Promise<void>;
  /** Brings a stored one back, asleep if its turn had not come. */
  restore(stored: Restored<View>): void;
  /** Answers false when nothing hears it: it has ended, or was set aside. */
  send(id: Id, event: Event): boolean;
  /**
   * Sends what must not be lost or meet another state than it was meant for. Resolves when all that was decided until then is on disk.
   * Undefined when nothing hears it, or its machine does not take it as it stands.
   */
  act(id: Id, event: Event): Promise<void> | undefined;
  /** Goes on with one that was set aside, from its last durable snapshot. Answers false when it is not there any more. */
  release(id: Id): Promise<boolean>;
  /** The number of its last transition, on disk or not. Undefined when it is not live. */
  decidedSeq(id: Id): number | undefined;
  /** Whether it is live. One that has ended, and is durable, is not. */
  has(id: Id): boolean;
  /** The last durable view of a live one. Undefined before its first. */
  view(id: Id): View | undefined;
  /** How old a live one is (ms), whatever became of the clock. */
  elapsedMs(id: Id): number | undefined;
  readonly liveCount: number;
  liveCountOf(owner: string): number;
  /** Of each live one what its last transition has led to, on disk or not: those that are being made durable are among them. */
  decidedViews(): readonly View[];
  /** The last durable views of the owner's live ones. */
  liveViewsOf(owner: string): View[];
  /** Stops all actors. Resolves when everything they had decided is on disk or cannot be written. */
  stop(): Promise<void>;
}

/** A new one as the store and the journal are to have it. */
function firstOf<Id extends string, Start, View, Event extends EventObject>(
  { kind, life }: Pick<RunnerParameters<Id, Start, View, Event>, 'kind' | 'life'>,
  start: Start,
  at: number,
) {
  const snapshot = kind.first(start);
  const envelope = { machine: kind.machine.id, seq: 0, at, elapsedMs: 0, snapshot };
  const to = kind.pathOf(snapshot.value);
  const first = { at, from: '', to, on: 'xstate.init', ...(life !== undefined && { life }) };
  return { snapshot, envelope, view: kind.viewOf(snapshot, envelope), first };
}

const none = { actor: undefined, leaveLine: undefined, last: undefined, durable: undefined };

/** As it lies on disk now. Throws a RestoreError for a machine that is unknown here. */
function lastDurable<Id extends string, Start, View, Event extends EventObject>(
  { kind, store }: Pick<HostParameters<Id, Start, View, Event>, 'kind' | 'store'>,
  id: Id,
): Restored<View> | undefined {
  const envelope = storedEnvelope(store, kind, id);
  if (envelope === undefined) return undefined;
  const snapshot = migrated(kind, id, envelope);
  return { snapshot, view: kind.viewOf(snapshot, envelope), envelope };
}

function stopOne<View>({
  leaveLine,
  actor,
  writer,
}: Pick<Hosted<string, View>, 'leaveLine' | 'actor' | 'writer'>): Promise<void> {
  leaveLine?.();
  actor?.stop();
  writer.giveUpOnFailure();
  return writer.settled();
}

const elapsedIfLive = (entry: Parameters<typeof elapsedOf>[0] | undefined, clock: Clock): number | undefined =>
  entry && elapsedOf(entry, clock);

export function createHost<Id extends string, Start, View, Event extends EventObject>(
  parameters: HostParameters<Id, Start, View, Event>,
): Host<Id, Start, View, Event> {
  const { clock, kind } = parameters;
  const { dormant, pathOf } = kind;
  const hosted = new Map<Id, Hosted<Id, View>>();
  const perOwner = new Tally<string>();
  let stopping = false;
  const isLive = (entry: Hosted<Id, View>) => !stopping && hosted.get(entry.id) === entry;
  const { run, quarantine, report } = createRunner(parameters, isLive);

  const sink: TransitionSink<View> = {
    ...parameters,
    onDurable(view) {
      const id = kind.idOf(view);
      const entry = hosted.get(id);
      if (entry) entry.durable = view;
      // One that has ended is read from the store from here on.
      if (kind.isTerminal(view)) drop(id);
      parameters.onDurable(view);
    },
  };

  function host(
    view: View,
    { seq, path, ageMs }: { seq: number; path: string; ageMs: number },
    withFirst?: (tx: Transaction) => void,
  ): Hosted<Id, View> {
    const [id, owner] = [kind.idOf(view), kind.ownerOf(view)];
    const writer = createTransitionWriter(sink, id, withFirst);
    const bornAt = clock.steady() - ageMs;
    const entry = { ...none, id, owner, bornAt, writer, seq, path, decided: view };
    hosted.set(id, entry);
    perOwner.add(owner);
    return entry;
  }

  function drop(id: Id): void {
    const entry = hosted.get(id);
    if (entry !== undefined && hosted.delete(id)) perOwner.add(entry.owner, -1);
  }

  function sleep(entry: Hosted<Id, View>, view: View): void {
    if (stopping || dormant === undefined) return;
    // It may be woken before there is a way to take it out.
    entry.leaveLine = () => {};
    const leaveLine = dormant.sleep(view, () => wake(entry));
    if (entry.leaveLine === undefined) leaveLine();
    else entry.leaveLine = leaveLine;
  }

  function wake(entry: Hosted<Id, View>): void {
    const { leaveLine } = entry;
    if (leaveLine === undefined || stopping) return;
    entry.leaveLine = undefined;
    leaveLine();
    try {
      const last = lastDurable(parameters, entry.id);
      if (last === undefined) throw new Error('it sleeps without a snapshot');
      run(entry, last.snapshot);
    } catch (error) {
      quarantine(entry, error);
    }
  }

  /** Its actor, woken if it slept. */
  function awake(id: Id): Hosted<Id, View> | undefined {
    const entry = hosted.get(id);
    if (entry?.leaveLine !== undefined) wake(entry);
    return entry?.actor === undefined ? undefined : entry;
  }

  function begin(entry: Hosted<Id, View>, snapshot: StoredSnapshot, view: View): void {
    if (dormant?.isDormant(view)) sleep(entry, view);
    else run(entry, snapshot);
  }

  return {
    async start(start, withFirst) {
      const { snapshot, envelope, view, first } = firstOf(parameters, start, clock.now());
      const entry = host(view, { seq: 0, path: first.to, ageMs: 0 }, withFirst);
      entry.writer.record(first, envelope, view);
      report(entry.id, 0, first);
      await entry.writer.settled().catch((error: unknown) => {
        drop(entry.id);
        throw error;
      });
      if (!stopping) begin(entry, snapshot, view);
    },

    restore({ snapshot, view, envelope: { seq, at } }) {
      const ageMs = kind.ageOf(view) + Math.max(0, clock.now() - at);
      const entry = host(view, { seq, path: pathOf(snapshot.value), ageMs });
      entry.durable = view;
      begin(entry, snapshot, view);
    },

    async release(id) {
      const entry = hosted.get(id);
      // What it had decided before it failed may still be on its way to the disk.
      await entry?.writer.settled();
      const last = lastDurable(parameters, id);
      if (entry === undefined || last === undefined || !isLive(entry) || entry.actor || entry.leaveLine) return false;
      const { snapshot, view, envelope } = last;
      Object.assign(entry, { seq: envelope.seq, path: pathOf(snapshot.value), decided: view });
      begin(entry, snapshot, view);
      return true;
    },

    send(id, event) {
      const actor = awake(id)?.actor;
      // One that has ended and is not durable yet hears nothing more, and need not.
      if (actor?.getSnapshot().status === 'active') actor.send(event);
      return actor !== undefined;
    },
    act(id, event) {
      const entry = awake(id);
      if (entry?.actor?.getSnapshot().status !== 'active') return undefined;
      const before = entry.seq;
      entry.actor.send(event);
      return entry.seq === before ? undefined : entry.writer.settled();
    },
    decidedSeq: (id) => hosted.get(id)?.seq,
    has: (id) => hosted.has(id),
    view: (id) => hosted.get(id)?.durable,
    elapsedMs: (id) => elapsedIfLive(hosted.get(id), clock),
    get liveCount() {
      return hosted.size;
    },
    liveCountOf: (owner) => perOwner.of(owner),
    decidedViews: () => [...hosted.values()].map(({ decided }) => decided),
    liveViewsOf: (owner) =>
      [...hosted.values()].flatMap((entry) => (entry.owner === owner ? (entry.durable ?? []) : [])),

    async stop() {
      stopping = true;
      await Promise.allSettled([...hosted.values()].map(stopOne));
    },
  };
}
