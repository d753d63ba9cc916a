// Which ones? A table of as many as there are, narrowed by what the address says, and live.
import { useSignal } from '@preact/signals';
import { useEffect, useLayoutEffect, useMemo, useRef } from 'preact/hooks';
import { actOnMany } from '../acts.js';
import { addressOf, type Field, filterOf } from '../filter.js';
import { modes, paths, reasons } from '../generated/words.js';
import { onKey } from '../keys.js';
import { Acts } from '../parts/acts.js';
import { Problem } from '../parts/problem.js';
import { Rows } from '../parts/rows.js';
import { RequestList } from '../requestList.js';
import { navigate, query } from '../router.js';
import { byAge, Ordered, type Sort, sortNames, sortOf, sortWord, wordOf } from '../sorting.js';

export function Requests() {
  const filter = filterOf(query.value);
  const address = addressOf(filter);
  const list = useMemo(() => new RequestList(filter), [address]);
  useEffect(() => () => list.close(), [list]);
  const sort = sortOf(query.value);
  const ordered = useMemo(() => new Ordered(list), [list]).by(sort);
  const cursor = useSignal('');
  const move = (by: number) => {
    const at = ordered.indexOf(cursor.value);
    cursor.value = ordered.idAt(Math.max(0, Math.min(ordered.length - 1, at + by)));
  };
  useLayoutEffect(() =>
    onKey({
      j: () => move(1),
      k: () => move(-1),
      ArrowDown: () => move(1),
      ArrowUp: () => move(-1),
      PageDown: () => move(20),
      PageUp: () => move(-20),
      Home: () => move(Number.NEGATIVE_INFINITY),
      Enter: () => cursor.value !== '' && navigate(`/requests/${cursor.value}`),
      x: () => cursor.value !== '' && select(cursor.value, false),
      X: () => cursor.value !== '' && select(cursor.value, true),
      Escape: () => (list.selected.size > 0 ? selectNone() : history.back()),
      c: () => cursor.value !== '' && void navigator.clipboard?.writeText(`0x${cursor.value}`),
    }),
  );
  /** Where the next range begins. */
  const last = useRef('');
  const select = (id: string, isRange: boolean) => {
    const begin = isRange && last.current !== '' ? last.current : id;
    const [from = -1, to = 0] = [ordered.indexOf(begin), ordered.indexOf(id)].sort((a, b) => a - b);
    const ids = from === -1 ? [id] : ordered.slice(from, to + 1).map((row) => row.id);
    const isSelected = isRange || !list.selected.has(id);
    list.select(ids, isSelected);
    last.current = id;
    cursor.value = id;
  };
  const selectNone = () => list.select([...list.selected], false);
  const toTop = () => document.querySelector('.rows')?.scrollTo(0, 0);
  // Another order is another beginning.
  useLayoutEffect(toTop, [wordOf(sort)]);
  const showNew = () => {
    list.settle();
    toTop();
  };
  const setSort = (to: Sort) => navigate(addressOf(filter, wordOf(to)));
  const { fresh, phase, problem, rows } = list;
  const isFiltered = Object.keys(filter).length > 0;
  const acts = [actOnMany(filter, [...list.selected], selectNone)];
  const count = phase === 'whole' ? `${rows.length}` : phase === 'more' ? `${rows.length} so far` : '…';
  return (
    <div class="listing">
      <h1>
        Requests <span class="dim">{count}</span>
      </h1>
      <FilterBar sort={wordOf(sort)} />
      <Problem problem={problem} />
      <div class="chosen">
        {list.selected.size > 0 ? (
          <>
            <span role="status">{list.selected.size} selected</span> <Acts acts={acts} />
            <button type="button" class="quiet" onClick={selectNone}>
              Select none
            </button>
          </>
        ) : (
          isFiltered && rows.length > 0 && <Acts acts={acts} />
        )}
        {sort !== byAge && phase !== 'loading' && rows.length > 0 && (
          <SortLine sort={sort} count={rows.length} more={phase === 'more' ? () => void list.more() : undefined} />
        )}
        {fresh.size > 0 && (
          <button type="button" class="pill" onClick={showNew}>
            {fresh.size}
            {list.isOverfull && ' and more'} new
          </button>
        )}
      </div>
      {phase === 'whole' && rows.length === 0 ? (
        <p class="empty">{isFiltered ? 'No request fits this filter.' : 'No requests yet.'}</p>
      ) : (
        <Rows list={list} ordered={ordered} sort={sort} setSort={setSort} cursor={cursor} select={select} />
      )}
    </div>
  );
}

const choices: readonly [Field, readonly string[]][] = [
  ['state', paths],
  ['mode', modes],
  ['reason', reasons],
];
const texts: readonly Field[] = ['failure', 'lane', 'requester', 'program'];

interface SortLineParameters {
  readonly sort: Sort;
  /** Loaded so far. */
  readonly count: number;
  /** None: there is nothing behind. */
  readonly more: (() => void) | undefined;
}

/** What the order is of. */
const SortLine = ({ sort, count, more }: SortLineParameters) => (
  <span class="sorted">
    <span role="status">
      By {sortWord(sort.by)}, {more ? `of the ${count} that are loaded` : `all ${count}`}
    </span>{' '}
    {more && (
      <button type="button" class="quiet" onClick={more}>
        Load more
      </button>
    )}
  </span>
);

function FilterBar({ sort }: { readonly sort: string }) {
  const filter = filterOf(query.value);
  const wanted = useRef<HTMLInputElement>(null);
  const set = (field: Field, value: string) => navigate(addressOf({ ...filter, [field]: value }, sort));
  useLayoutEffect(() => onKey({ '/': () => wanted.current?.focus() }));
  const open = (event: Event) => {
    event.preventDefault();
    const id = wanted.current?.value.replace(/^(0x|…)/i, '').trim() ?? '';
    if (id !== '') navigate(`/requests/${encodeURIComponent(id)}`);
  };
  const isNarrow = texts.some((field) => filter[field]);
  return (
    <form class="filter" aria-label="Filter" onSubmit={open}>
      <label>
        id <input ref={wanted} name="id" placeholder="first 8 or last 6 digits" autocomplete="off" spellcheck={false} />
        <button type="submit">Open</button>
      </label>
      {choices.map(([field, values]) => (
        <label key={field}>
          {field}{' '}
          <select
            name={field}
            value={filter[field] ?? ''}
            onChange={({ currentTarget }) => set(field, currentTarget.value)}
          >
            <option value="">any</option>
            {values.map((value) => (
              <option key={value} value={value}>
                {value}
              </option>
            ))}
          </select>
        </label>
      ))}
      {/* Headings of columns do the same, where there is room for them. */}
      <label class="sorting">
        sort{' '}
        <select
          name="sort"
          value={sort}
          onChange={({ currentTarget }) => navigate(addressOf(filter, currentTarget.value))}
        >
          {sortNames.flatMap((by) =>
            [false, true].map((isDown) => {
              const value = wordOf({ by, isDown });
              return (
                <option key={value} value={value}>
                  {sortWord(by)} {isDown ? '▾' : '▴'}
                </option>
              );
            }),
          )}
        </select>
      </label>
      <details open={isNarrow}>
        <summary>more</summary>
        {texts.map((field) => (
          <label key={field}>
            {field}{' '}
            <input
              name={field}
              value={filter[field] ?? ''}
              autocomplete="off"
              spellcheck={false}
              onChange={({ currentTarget }) => set(field, currentTarget.value)}
            />
          </label>
        ))}
      </details>
      {Object.keys(filter).length > 0 && <a href={addressOf({}, sort)}>clear</a>}
    </form>
  );
}
