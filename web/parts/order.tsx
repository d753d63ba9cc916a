// What an operator has set and holds until one lifts it: who, since when, and why.
import type { ComponentChildren } from 'preact';
import type { LaneJson } from '../wire.js';
import { clockTime } from '../words.js';

interface Parameters {
  /** What is paused, drained or stopped. */
  readonly of: string;
  readonly order: LaneJson['order'];
  readonly children?: ComponentChildren;
}

export function OrderLine({ of, order, children }: Parameters) {
  if (order === undefined) return null;
  return (
    <p class="problem">
      <b>
        {of} {order.what}
      </b>{' '}
      by {order.by} {clockTime(order.since)}: {order.reason}
      {order.until !== undefined && ` (until ${clockTime(order.until)})`} {children}
    </p>
  );
}
