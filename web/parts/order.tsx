// What an operator has set and holds until one lifts it: who, since when, and why.
import type { LaneJson } from '../wire.js';
import { clockTime } from '../words.js';

/** `of`: what is paused, drained or stopped. */
export function OrderLine({ of, order }: { readonly of: string; readonly order: LaneJson['order'] }) {
  if (order === undefined) return null;
  return (
    <p class="problem">
      <b>
        {of} {order.what}
      </b>{' '}
      by {order.by} {clockTime(order.since)}: {order.reason}
      {order.until !== undefined && ` (until ${clockTime(order.until)})`}
    </p>
  );
}
