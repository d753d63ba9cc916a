// A row of the table of all actions of operators.
import type { DescMethodUnary } from '@bufbuild/protobuf';
import type { Audit } from '../../operations/audit.js';
import type { World } from '../world/world.js';

/** What operators act on. */
export interface Acted {
  readonly assembly: { readonly audit: Pick<Audit, 'list'> };
  settle(): Promise<void>;
}

export interface Act<W extends Acted = World> {
  readonly method: DescMethodUnary;
  readonly name: string;
  /** Brings the world to where it has something to do, and answers what to call it with. */
  readonly given: (world: W) => Promise<Record<string, unknown>>;
  /** In the world of a front of a network. */
  readonly inNetwork?: true;
  /** How many audits it leaves beside its own: those of its parts. */
  readonly parts?: number;
  /** What it changes, for comparisons. */
  readonly seen: (world: W, call: Record<string, unknown>) => unknown;
  /** Brings the world to where it is refused; with which code. */
  readonly refused: readonly (readonly [code: string, (world: W) => Promise<Record<string, unknown>>])[];
}
