// Runs the actors of one kind of durable machine, and hands every transition to its writer before the world may see it. It is the only
// place that creates such actors and the only one that logs transitions.
import { type AnyMachineSnapshot, createActor, type EventObject, type InspectionEvent } from 'xstate';
import type { Clock } from '../clock.js';
import type { Log } from '../log.js';
import type { JournalEntry } from '../store/buckets.js';
import { elapsedOf, type Hosted } from './hosted.js';
import type { DurableKind } from './kind.js';
import type { StoredSnapshot } from './snapshot.js';

export interface RunnerParameters<Id extends string, Start, View, Event extends EventObject> {
  readonly kind: DurableKind<Id, Start, View, Event>;
  readonly clock: Clock;
  readonly log: Log;
  /** Which life of the service this is: the journal says with every transition in which it was, where it is counted. */
  readonly life?: number;
  /** Its actor failed: a bug. It stays as it was last durable until the host releases it, or the next start of the service. */
  readonly onQuarantined: (id: Id, error: unknown) => void;
}

export interface Runner<Id, View> {
  /** Gives it an actor, which goes on from the snapshot. */
  run(entry: Hosted<Id, View>, snapshot: StoredSnapshot): void;
  /** Sets it aside. */
  quarantine(entry: Hosted<Id, View>, error: unknown): void;
  /** Logs a transition. */
  report(id: Id, seq: number, transition: Omit<JournalEntry, 'at'>): void;
}

/** What is no longer live, by the word of `isLive`, is not recorded. */
export function createRunner<Id extends string, Start, View, Event extends EventObject>(
  { kind, clock, log, life, onQuarantined }: RunnerParameters<Id, Start, View, Event>,
  isLive: (entry: Hosted<Id, View>) => boolean,
): Runner<Id, View> {
  const { machine, pathOf } = kind;
  const idName = `${kind.name}Id`;

  function run(entry: Hosted<Id, View>, snapshot: StoredSnapshot): void {
    const options = { snapshot, inspect: (event: InspectionEvent) => inspect(entry, event) };
    const actor = createActor(machine, options as never);
    entry.actor = actor;
    entry.last = actor.getSnapshot();
    // An error without an observer would end the process.
    actor.subscribe({ error: (error) => quarantine(entry, error) });
    actor.start();
  }

  function inspect(entry: Hosted<Id, View>, event: InspectionEvent): void {
    // Children report here too. Only the root's snapshot is persisted, with theirs inside.
    if (event.type !== '@xstate.snapshot' || event.actorRef.sessionId !== event.rootId || !isLive(entry)) return;
    const snapshot = event.snapshot as AnyMachineSnapshot;
    if (snapshot === entry.last || snapshot.status === 'error' || snapshot.status === 'stopped') return;
    entry.last = snapshot;
    try {
      record(entry, snapshot, event.event);
    } catch (error) {
      quarantine(entry, error);
    }
  }

  function record(entry: Hosted<Id, View>, snapshot: AnyMachineSnapshot, event: EventObject): void {
    const on = event.type;
    const at = clock.now();
    const from = entry.path;
    const to = pathOf(snapshot.value);
    const seq = entry.seq + 1;
    const elapsedMs = elapsedOf(entry, clock);
    // The clone proves that the snapshot is plain data, and keeps it from changing under the writer.
    const persisted = structuredClone(machine.getPersistedSnapshot(snapshot)) as unknown as StoredSnapshot;
    const envelope = { machine: machine.id, seq, at, elapsedMs, snapshot: persisted };
    const view = kind.viewOf(persisted, envelope);
    const facts = kind.factsOf?.(event, entry.decided, view);
    entry.writer.record({ at, from, to, on, ...(life !== undefined && { life }), ...facts }, envelope, view);
    entry.decided = view;
    entry.seq = seq;
    entry.path = to;
    report(entry.id, seq, { from, to, on });
  }

  function report(id: Id, seq: number, { from, to, on }: Omit<JournalEntry, 'at'>): void {
    log.info({ event: `${kind.name}.transition`, [idName]: id, seq, from, to, on }, `${from} → ${to}`);
  }

  function quarantine(entry: Hosted<Id, View>, error: unknown): void {
    const { id } = entry;
    log.error(
      { event: `${kind.name}.quarantined`, [idName]: id, err: error },
      `${kind.name} set aside: its actor failed`,
    );
    entry.actor?.stop();
    entry.actor = undefined;
    onQuarantined(id, error);
  }

  return { run, quarantine, report };
}
