// A look through records that others write meanwhile: bounded, so that no call holds the loop or reads for ever, and gone on with from where
// it has ended.
import type { Clock } from './clock.js';

/** A look reads at most this many records, of some 7 µs each, and then answers what it has. */
const maxScanned = 20_000;
const maxLookMs = 50;
/** So many of them in one turn of the loop, which takes a few milliseconds. All other calls wait for it. */
const scannedInTurn = 500;

export interface Looked<K> {
  /** How many records were read. */
  readonly scanned: number;
  /** The last one that was looked at. Undefined: there is nothing behind it. */
  readonly last: K | undefined;
}

/** Calls `look` with each record behind `after`, until it answers true. */
export async function boundedLook<E extends { readonly key: unknown }>(
  {
    scan,
    clock,
  }: {
    readonly scan: (after: E['key'] | undefined, limit: number) => Iterable<E>;
    readonly clock: Pick<Clock, 'turn' | 'steady'>;
  },
  from: E['key'] | undefined,
  look: (entry: E) => boolean,
): Promise<Looked<E['key']>> {
  const endsAt = clock.steady() + maxLookMs;
  let after = from;
  let scanned = 0;
  for (;;) {
    let read = 0;
    for (const entry of scan(after, scannedInTurn)) {
      after = entry.key;
      read += 1;
      scanned += 1;
      if (look(entry)) return { scanned, last: after };
    }
    if (read < scannedInTurn) return { scanned, last: undefined };
    if (scanned >= maxScanned || clock.steady() >= endsAt) return { scanned, last: after };
    await clock.turn();
  }
}
