// What a part of the benchmark answers, and how it is printed: one line a figure, with the aim beside it.
import Table from 'cli-table3';

export interface Figure {
  readonly part: string;
  readonly measure: string;
  readonly value: number;
  readonly unit: string;
  /** What it should be at least, or at most, in the same unit. */
  readonly aim?: { readonly least: number } | { readonly most: number };
  /** How it was measured, where that matters to the reader. */
  readonly note?: string;
}

/** Milliseconds with two digits below 10 and none above 100; counts in groups of three. */
export const formatted = (value: number, unit: string): string =>
  ['ms', 's', '×', 'pages'].includes(unit) && value < 100
    ? value.toFixed(value < 10 ? 2 : 1)
    : Math.round(value).toLocaleString('en');

const aimText = ({ aim, unit }: Figure) =>
  aim === undefined ? '' : 'least' in aim ? `≥ ${formatted(aim.least, unit)}` : `≤ ${formatted(aim.most, unit)}`;

export function isMissed({ aim, value }: Figure): boolean {
  if (aim === undefined) return false;
  return 'least' in aim ? value < aim.least : value > aim.most;
}

export function tableOf(figures: readonly Figure[]): string {
  const table = new Table({ head: ['part', 'measure', 'value', 'unit', 'aim', ''], style: { head: [], border: [] } });
  for (const figure of figures) {
    const { part, measure, value, unit, note } = figure;
    const verdict = [isMissed(figure) ? 'MISSED' : '', note ?? ''].filter(Boolean).join(' · ');
    table.push([part, measure, formatted(value, unit), unit, aimText(figure), verdict]);
  }
  return table.toString();
}

/** The value below which `share` (0 to 1) of the samples lie. Sorts a copy. */
export function quantile(samples: ArrayLike<number>, share: number): number {
  const sorted = Float64Array.from(samples).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}
