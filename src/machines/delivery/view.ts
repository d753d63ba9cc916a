// What a delivery looks like from outside: a pure function of its snapshot.
import type { DeliveryContext } from './rules.js';

const openStates = ['assigning', 'working', 'pending', 'submitting', 'confirming', 'backingOff'] as const;
const ends = ['delivered', 'released', 'superseded', 'refused', 'expired', 'withheld', 'foreign'] as const;
export const deliveryStates = [...openStates, ...ends] as const;
export type DeliveryState = (typeof deliveryStates)[number];

export interface DeliveryView {
  readonly state: DeliveryState;
  readonly context: DeliveryContext;
  readonly seq: number;
  /** Epoch ms of the last transition. */
  readonly updatedAt: number;
  readonly elapsedMs: number;
}

export const hasDeliveryEnded = ({ state }: DeliveryView): boolean => ends.some((end) => end === state);

export type DeliveryStep = 'try-now' | 'give-up';

/**
 * What an operator may do with it. Given up is what nothing can come of any more: the network has said no, or the deadline is over. Of a call
 * that may have been accepted nobody knows that.
 */
export function deliverySteps(
  { state, context }: Pick<DeliveryView, 'state' | 'context'>,
  now: number,
): DeliveryStep[] {
  const { refusal, deadlineAt } = context;
  const hasNoCall = state === 'assigning' || state === 'working' || state === 'pending' || state === 'backingOff';
  return [
    ...(state === 'backingOff' ? (['try-now'] as const) : []),
    ...(hasNoCall && (refusal !== null || now >= deadlineAt) ? (['give-up'] as const) : []),
  ];
}

/** A delivery's states have no states within. */
export const deliveryPath = (value: unknown): string => String(value);

export function deliveryViewOf(
  { value, context }: { readonly value: unknown; readonly context: unknown },
  { seq, at, elapsedMs = 0 }: { readonly seq: number; readonly at: number; readonly elapsedMs?: number },
): DeliveryView {
  const state = deliveryStates.find((name) => name === value);
  if (state === undefined) throw new Error(`a delivery has no state ${String(value)}`);
  return { state, context: context as DeliveryContext, seq, updatedAt: at, elapsedMs };
}
