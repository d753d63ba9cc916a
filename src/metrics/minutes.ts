// How it went in each of the last minutes: a ring of fixed size in memory. A minute is one of running time, so that a clock that is set
// neither tears a hole into a chart nor lays two minutes over each other.
import type { Clock, EpochMs } from '../clock.js';
import { isOfGuest } from '../failures/guests.js';
import type { LaneId } from '../ids.js';
import type { RequestView } from '../machines/request/view.js';
import type { RequestCounts } from '../requests/census.js';
import type { JournalEntry } from '../store/buckets.js';
import { isEnd } from './standings.js';
import { Waits } from './waits.js';

const minuteMs = 60_000;
/** A day. */
export const keptMinutes = 1_440;

export const minuteCounts = [
  'started',
  'fulfilled',
  'failedByGuest',
  'failedOtherwise',
  'cancelled',
  'expired',
] as const;
type Count = (typeof minuteCounts)[number];
export const waitStages = ['requested', 'executing', 'proving', 'verifying', 'signing'] as const;
type WaitStage = (typeof waitStages)[number];

/** `at`: of its beginning. `open` and `running`: at its end, or now. */
export interface Minute extends Readonly<Record<Count, number>> {
  readonly at: EpochMs;
  readonly open: number;
  readonly running: number;
  readonly waits: Readonly<Partial<Record<WaitStage, Pick<Waits, 'samples' | 'quantileMs'>>>>;
  /** Deaths of engines. */
  readonly crashes: ReadonlyMap<LaneId, number>;
}

type Slot = Record<Count, number> & {
  open: number;
  running: number;
  waits: Partial<Record<WaitStage, Waits>>;
  crashes: Map<LaneId, number>;
};

export interface Minutes {
  /** A transition is on disk. `stoodMs`: where it comes from, as far as that is known. Costs the same whatever has been before. */
  note(view: RequestView, entry: JournalEntry, stoodMs: number | undefined): void;
  /** An engine of this lane has died. */
  noteCrash(laneId: LaneId): void;
  /** The last so many, the oldest first and the one under way last. None is of a time before `knownFrom`. */
  last(minutes: number): readonly Minute[];
  readonly knownFrom: EpochMs;
}

export interface MinutesParameters {
  readonly clock: Pick<Clock, 'now' | 'steady'>;
  /** Of now. */
  readonly counts: () => RequestCounts;
}

export function createMinutes({ clock, counts }: MinutesParameters): Minutes {
  const bornAt = clock.now();
  const born = clock.steady();
  // They begin on the full minute, as far as nobody sets the clock.
  const origin = born - (bornAt % minuteMs);
  const numberNow = () => Math.floor((clock.steady() - origin) / minuteMs);
  const ring: (Slot | undefined)[] = Array.from({ length: keptMinutes });
  let newest = 0;
  ring[0] = emptySlot();

  const sum = (of: Readonly<Record<string, number>>) => Object.values(of).reduce((a, b) => a + b, 0);

  const standingNow = () => {
    const { open, running } = counts();
    return { open: sum(open), running: sum(running) };
  };

  /** What is open changes with transitions alone: between two of them it is the same at the end of every minute. Asked for once a minute. */
  function current(): Slot {
    const number = numberNow();
    if (number > newest) {
      const standing = standingNow();
      Object.assign(ring[newest % keptMinutes] as Slot, standing);
      // One longer pause than a day is the same as a day.
      for (newest = Math.max(newest, number - keptMinutes); newest < number; )
        ring[++newest % keptMinutes] = Object.assign(emptySlot(), standing);
    }
    return ring[newest % keptMinutes] as Slot;
  }

  return {
    note(view, entry, stoodMs) {
      const slot = current();
      if (entry.from === '') slot.started += 1;
      if (stoodMs !== undefined) noteWait(slot, entry.from, stoodMs);
      if (!isEnd(entry)) return;
      if (view.state === 'failed') slot[isOfGuest(view.failure.code) ? 'failedByGuest' : 'failedOtherwise'] += 1;
      else slot[entry.to as Count] += 1;
    },
    noteCrash(laneId) {
      const { crashes } = current();
      crashes.set(laneId, (crashes.get(laneId) ?? 0) + 1);
    },
    last(minutes) {
      Object.assign(current(), standingNow());
      const nowAt = clock.now();
      const now = clock.steady();
      const first = Math.max(0, newest - Math.min(minutes, keptMinutes) + 1);
      return Array.from({ length: newest - first + 1 }, (_, index) => ({
        at: Math.round(nowAt - (now - origin) + (first + index) * minuteMs),
        ...(ring[(first + index) % keptMinutes] as Slot),
      }));
    },
    get knownFrom() {
      return Math.round(clock.now() - (clock.steady() - born));
    },
  };
}

function noteWait({ waits }: Slot, from: string, ms: number): void {
  const [stage, phase] = from.split('.');
  if (!isWaitStage(stage) || (phase !== 'waiting' && stage !== 'requested')) return;
  const known = waits[stage] ?? new Waits();
  known.add(ms);
  waits[stage] = known;
}

const isWaitStage = (stage: string | undefined): stage is WaitStage => waitStages.some((each) => each === stage);

const emptySlot = (): Slot => ({
  ...(Object.fromEntries(minuteCounts.map((name) => [name, 0])) as Record<Count, number>),
  open: 0,
  running: 0,
  waits: {},
  crashes: new Map(),
});
