// The only place that writes for a person or a script: results to standard output, everything else to standard error.
import type { Writable } from 'node:stream';

/** Enough of a terminal's stream to draw on it. */
export type Screen = Writable & { readonly isTTY?: boolean; readonly columns?: number };

export interface Output {
  /** Whether a line may be drawn over. */
  readonly live: boolean;
  /** Whether a page takes the place of the one before. */
  readonly redraws: boolean;
  /** A result, a line. */
  print(text: string): void;
  /** A result that takes the place of the one before: on a terminal it clears the screen. */
  page(text: string): void;
  /** What happens meanwhile, a line. */
  note(text: string): void;
  /** Replaces the live line; does nothing where there is none. */
  draw(text: string): void;
  /** Removes the live line. */
  clear(): void;
}

const fallbackColumns = 80;
const clearScreen = '\x1b[H\x1b[2J';

export function createOutput(out: Screen, err: Screen): Output {
  const live = err.isTTY === true;
  let drawn = false;
  const clear = () => {
    if (drawn) err.write('\r\x1b[2K');
    drawn = false;
  };
  return {
    live,
    redraws: out.isTTY === true,
    clear,
    print(text) {
      clear();
      out.write(`${text}\n`);
    },
    page(text) {
      clear();
      out.write(`${this.redraws ? clearScreen : ''}${text}\n`);
    },
    note(text) {
      clear();
      err.write(`${text}\n`);
    },
    draw(text) {
      if (!live) return;
      clear();
      // One line only: a wrapped one could not be removed.
      err.write(text.slice(0, (err.columns || fallbackColumns) - 1));
      drawn = true;
    },
  };
}

/** Ids, which `--json` shows as the text of the same command does. */
const idNames = new Set(['requestId', 'vkHash', 'requester']);

/** Of every object that `admin … --json` prints. It grows when an object changes so that older scripts cannot read it. */
export const jsonVersion = 1;

/** JSON of a result; u64 become decimal strings, bytes become hex, ids have their 0x. */
export function toJson(value: unknown): string {
  return JSON.stringify(value, function (this: Record<string, unknown>, key, item: unknown) {
    // `item` has been through toJSON, which turns a Buffer into an object of its own making.
    const own = this[key];
    if (typeof own === 'bigint') return own.toString();
    if (typeof own === 'string' && idNames.has(key)) return `0x${own}`;
    return own instanceof Uint8Array ? Buffer.from(own).toString('hex') : item;
  });
}
