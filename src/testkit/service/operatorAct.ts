// A row of the table of all actions of operators.
import type { DescMethodUnary } from '@bufbuild/protobuf';
import type { World } from '../world/world.js';

export interface Act {
  readonly method: DescMethodUnary;
  readonly name: string;
  /** Brings the world to where it has something to do, and answers what to call it with. */
  readonly given: (world: World) => Promise<Record<string, unknown>>;
  /** In the world of a front of a network. */
  readonly inNetwork?: true;
  /** How many audits it leaves beside its own: those of its parts. */
  readonly parts?: number;
  /** What it changes, for comparisons. */
  readonly seen: (world: World, call: Record<string, unknown>) => unknown;
  /** Brings the world to where it is refused; with which code. */
  readonly refused: readonly (readonly [code: string, (world: World) => Promise<Record<string, unknown>>])[];
}
