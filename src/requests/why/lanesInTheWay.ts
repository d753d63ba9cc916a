// Why none of the lanes that could do some work takes it: what each of them is at.
import type { LaneId } from '../../ids.js';
import type { LaneReport } from '../../lanes/scheduling.js';
import type { Reason } from '../../machines/reasons/reason.js';
import type { Order } from '../../operations/orders.js';

/** `all`: the lanes that do such work. `freeInMs`: when a busy one is expected to be free, where that is known. */
export function* lanesInTheWay(
  all: readonly LaneReport[],
  freeInMs: (lane: LaneReport) => number | undefined,
  orderOf: (lane: LaneId) => Order | undefined,
): Generator<Reason, undefined> {
  const able = all.filter(({ id }) => orderOf(id) === undefined);
  const inState = (...states: LaneReport['state'][]) => able.filter(({ state }) => states.includes(state));
  const idsOf = (some: readonly LaneReport[]): LaneId[] => some.map(({ id }) => id);
  const busy = inState('busy');
  if (busy.length > 0) yield { code: 'LANES_BUSY', lanes: idsOf(busy), soonestMs: least(busy.map(freeInMs)) };
  const preparing = inState('preparing');
  if (preparing.length > 0) yield { code: 'LANES_PREPARING', lanes: idsOf(preparing) };
  for (const [code, resting] of [
    ['LANES_COOLING', inState('cooling', 'broken')],
    ['LANES_QUARANTINED', inState('quarantined')],
  ] as const) {
    if (resting.length === 0) continue;
    const last = resting.find(({ lastFailure }) => lastFailure !== null)?.lastFailure ?? undefined;
    yield {
      code,
      lanes: idsOf(resting),
      resumesInMs: least(resting.map(({ resumesInMs }) => resumesInMs ?? undefined)),
      last,
    };
  }
  for (const { id } of all) {
    const order = orderOf(id);
    if (order !== undefined) yield { code: 'LANES_DRAINED', lanes: [id], by: order.by, why: order.reason };
  }
  const starting = inState('starting');
  if (starting.length > 0) yield { code: 'LANES_STARTING', lanes: idsOf(starting) };
  const stopped = inState('stopped');
  if (stopped.length > 0) yield { code: 'LANES_STOPPED', lanes: idsOf(stopped) };
}

function least(values: readonly (number | undefined)[]): number | undefined {
  const known = values.filter((value) => value !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}
