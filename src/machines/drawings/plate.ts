// Where the states of a machine stand on a grid, and how the lines between them run. Made by hand: elkjs puts `verifying` before `proving`.

export type Side = 'left' | 'right' | 'top' | 'bottom';
/** A side of a box, and where on it: a row on the left and the right, a column at the top and the bottom. */
export type End = readonly [Side, number];

export interface LinePlan {
  readonly from: End;
  readonly to: End;
  /** Between two ends that look the same way or at each other: the column or row in which the line crosses over. */
  readonly via?: number;
}

export interface Plate {
  /** Column and row of each state that holds no others, by its path without the outermost wrapping. */
  readonly places: Readonly<Record<string, readonly [column: number, row: number]>>;
  /** By `from>to`. Neighbours in a column or a row need none. */
  readonly lines: Readonly<Record<string, LinePlan>>;
  /** Reached from every state, or every open one, or left for many: told in words below them instead of by lines. */
  readonly anywhere: Readonly<Record<string, string>>;
}
