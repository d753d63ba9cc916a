// One durable machine while it is live: its actor or its place in a line, its writer, and what is on disk of it.
import type { AnyActorRef, AnyMachineSnapshot } from 'xstate';
import type { Clock, SteadyMs } from '../clock.js';
import type { TransitionWriter } from './transitionWriter.js';

export interface Hosted<Id, View> {
  readonly id: Id;
  readonly owner: string;
  /** In running time; before the start of this process for those that it has restored. */
  readonly bornAt: SteadyMs;
  /** None while it is being made durable, and while it sleeps. */
  actor: AnyActorRef | undefined;
  /** While it sleeps: takes it out of the line. */
  leaveLine: (() => void) | undefined;
  readonly writer: TransitionWriter<View>;
  /** Unknown events notify with the same snapshot object, which is no transition. */
  last: AnyMachineSnapshot | undefined;
  seq: number;
  path: string;
  /** What its last transition has led to, on disk or not. */
  decided: View;
  durable: View | undefined;
}

/** How old it is (ms), whatever became of the wall clock. */
export const elapsedOf = ({ bornAt }: Pick<Hosted<never, never>, 'bornAt'>, clock: Clock): number =>
  Math.round(clock.steady() - bornAt);
