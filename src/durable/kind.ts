// What host, transition writer and restore must know of a kind of durable machine. A request is one kind. Each other one that must
// survive a crash is another, with the same guarantees.
import type { AnyStateMachine, EventObject } from 'xstate';
import type { BucketName, BucketTypes, Envelope, JournalEntry } from '../store/buckets.js';
import type { Transaction } from '../store/environment.js';
import type { Migrations } from './migrate.js';
import type { StoredSnapshot } from './snapshot.js';

type BucketOf<Value> = {
  [B in BucketName]: BucketTypes[B]['value'] extends Value ? B : never;
}[BucketName];

/** Keys: snapshots and open by id, the journal by id and seq. */
export interface KindBuckets {
  readonly snapshots: BucketOf<Envelope>;
  readonly journal: BucketOf<JournalEntry>;
  /** Those that have not ended: what a start restores without reading the others. */
  readonly open: BucketOf<true>;
}

/** `Start`: what a new one is made of. `View`: what the world sees of it, a pure function of its snapshot. */
export interface DurableKind<Id extends string, Start, View, Event extends EventObject> {
  /** A noun, for logs (`request.transition` with `requestId`) and errors. */
  readonly name: string;
  /** With its effects provided. Its id carries its version and is stored with every snapshot. */
  readonly machine: AnyStateMachine;
  /** From the snapshots of earlier versions. */
  readonly migrations: Migrations;
  readonly buckets: KindBuckets;
  /** Throws when the snapshot contradicts itself. */
  readonly viewOf: (snapshot: StoredSnapshot, envelope: Omit<Envelope, 'machine' | 'snapshot'>) => View;
  readonly idOf: (view: View) => Id;
  /** Live ones are counted by it. */
  readonly ownerOf: (view: View) => string;
  /** How old it was at the transition that the view shows (ms). */
  readonly ageOf: (view: View) => number;
  readonly isTerminal: (view: View) => boolean;
  /** Its ends are noted, by time, for `records.ts`, which deletes what is older than the retention. */
  readonly expires?: boolean;
  /** `proving.waiting`: the state's path for the journal. */
  readonly pathOf: (value: unknown) => string;
  /** What the journal says of a transition besides its states. Absent: nothing. */
  readonly factsOf?: (event: EventObject, before: View, after: View) => Partial<JournalEntry>;
  /** The persisted snapshot of a new one, exactly as the machine itself would write it. */
  readonly first: (start: Start) => StoredSnapshot;
  /** How those are kept that wait without an actor. Absent where there are none. */
  readonly dormant?: Dormancy<View>;
  /** Never read. They show the compiler which events a host of this kind takes. */
  readonly event?: Event;
}

export interface Dormancy<View> {
  readonly isDormant: (view: View) => boolean;
  /**
   * Calls `wake` when its turn has come. `wake` may be called synchronously, and later calls are ignored. Returns a function that takes
   * it out of its line.
   */
  readonly sleep: (view: View, wake: () => void) => () => void;
}

/** More writes that belong to a transition. Runs inside its transaction. What it throws undoes the transition's write. */
export type TransitionHook<View> = (tx: Transaction, view: View) => void;
