// In which order requests are shown. By age is the order in which the service has them. Any other is of what is loaded, and says so: there is
// always more behind.
import { paths } from './generated/words.js';
import type { RequestList } from './requestList.js';
import type { Row } from './wire.js';
import { isOpen, pathOf } from './words.js';

type Value = number | string | undefined;

/** What rows are ordered by, by the name of the column. Those without a value are last. */
const values = {
  age: ({ created }) => -time(created),
  state: (row) => paths.indexOf(pathOf(row)),
  for: ({ updated }) => -time(updated),
  why: ({ failure, reason }) => failure?.code || reason || undefined,
  lane: ({ laneId }) => laneId || undefined,
  try: ({ attempt }) => attempt || undefined,
  progress: ({ progress }) => (progress && progress.total > 0 ? progress.done / progress.total : undefined),
  deadline: (row) => (isOpen(row) ? time(row.deadline) : undefined),
} as const satisfies Readonly<Record<string, (row: Row) => Value>>;

export type SortName = keyof typeof values;
/** Where the name of its column is not enough. */
const words: Readonly<Record<string, string>> = { for: 'time in state', why: 'reason', try: 'tries' };
export const sortWord = (by: SortName): string => words[by] ?? by;
export interface Sort {
  readonly by: SortName;
  /** The largest first. */
  readonly isDown: boolean;
}

export const sortNames = Object.keys(values) as readonly SortName[];
/** Of these the largest is looked for first. */
const down: readonly SortName[] = ['for', 'try', 'progress'];
export const byAge: Sort = { by: 'age', isDown: false };

const time = (at: string | undefined): number => (at === undefined ? 0 : Date.parse(at));

/** `deadline`, or `-for`: as the address has it. What it does not know is by age. */
export function sortOf(query: URLSearchParams): Sort {
  const word = query.get('sort') ?? '';
  const by = sortNames.find((name) => name === word.replace(/^-/, ''));
  const sort = { by: by ?? 'age', isDown: by !== undefined && word.startsWith('-') };
  return wordOf(sort) === '' ? byAge : sort;
}

/** Empty: by age. */
export const wordOf = ({ by, isDown }: Sort): string => (by === 'age' && !isDown ? '' : `${isDown ? '-' : ''}${by}`);

/** What a click on the heading of a column leads to. */
export const sortFrom = (present: Sort, by: SortName): Sort => ({
  by,
  isDown: present.by === by ? !present.isDown : down.includes(by),
});

/** The rows of a list in an order. It changes while nobody looks closely; else each row stays where it is. */
export class Ordered {
  #ids: readonly string[] | undefined;
  #sortedAt = { version: -1, places: -1, word: '' };

  constructor(private readonly list: RequestList) {}

  /** Puts them in order. Called before the others, with each change of the list. */
  by(sort: Sort): this {
    const { list } = this;
    const word = wordOf(sort);
    const at = { version: list.version.value, places: list.places, word };
    const { version, places, word: before } = this.#sortedAt;
    const isMoved = at.places !== places || at.word !== before;
    if (!isMoved && (list.isStill || at.version === version)) return this;
    this.#sortedAt = at;
    this.#ids = word === '' ? undefined : sorted(list.rows, sort);
    return this;
  }

  get length(): number {
    return this.list.rows.length;
  }

  slice(from: number, to: number): Row[] {
    if (this.#ids === undefined) return this.list.rows.slice(from, to);
    return this.#ids.slice(from, to).flatMap((id) => this.list.row(id) ?? []);
  }

  /** -1: it is not among them. */
  indexOf(id: string): number {
    return this.#ids === undefined ? this.list.rows.findIndex((row) => row.id === id) : this.#ids.indexOf(id);
  }

  idAt(index: number): string {
    return (this.#ids === undefined ? this.list.rows[index]?.id : this.#ids[index]) ?? '';
  }
}

/** Equal ones stay as they are, the newest first. */
function sorted(rows: readonly Row[], { by, isDown }: Sort): string[] {
  const of: (row: Row) => Value = values[by];
  const sign = isDown ? -1 : 1;
  return rows
    .map((row) => ({ id: row.id, value: of(row) }))
    .sort(({ value: a }, { value: b }) => {
      if (a === b) return 0;
      if (a === undefined || b === undefined) return a === undefined ? 1 : -1;
      return a < b ? -sign : sign;
    })
    .map(({ id }) => id);
}
