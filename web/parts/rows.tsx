// Many rows, of which those in sight are there: a few dozen elements that are moved, and a box as high as all of them. Rows are of one height.
import { type Signal, useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { now } from '../now.js';
import type { RequestList } from '../requestList.js';
import { navigate } from '../router.js';
import { byAge, type Ordered, type Sort, type SortName, sortFrom } from '../sorting.js';
import type { Row } from '../wire.js';
import { ago, isOpen, pathOf, shortId, within } from '../words.js';
import { progressText } from './progress.js';
import { State } from './state.js';

const rowPx = 32;
/** More than any screen shows at once. */
const pool = 60;
/** Beyond what is in sight, on both sides. */
const spare = 6;
const aheadOfEnd = 200;
/** An order of fewer says little: as many are loaded for it. */
const leastSorted = 500;
/** What there is room for on a phone; another one that is sorted by stands in place of the age. */
const phoneColumns: readonly SortName[] = ['age', 'state'];

interface RowsParameters {
  readonly list: RequestList;
  /** The same, in the order in which they are shown. */
  readonly ordered: Ordered;
  readonly sort: Sort;
  readonly setSort: (sort: Sort) => void;
  /** The id of the row that the keys are at. */
  readonly cursor: Signal<string>;
  /** Selects the row, or no more; `isRange`: and all from the one before. */
  readonly select: (id: string, isRange: boolean) => void;
}

export function Rows({ list, ordered, sort, setSort, cursor, select }: RowsParameters) {
  const box = useRef<HTMLDivElement>(null);
  const top = useSignal(0);
  list.version.value;
  const { length } = ordered;
  const inSight = Math.ceil((box.current?.clientHeight ?? 0) / rowPx) || pool;
  const count = Math.min(pool, inSight + 2 * spare);
  const first = Math.max(0, Math.min(Math.floor(top.value / rowPx) - spare, length - count));
  const shown = ordered.slice(first, first + count);

  useEffect(() => {
    // What comes is older: at its end where it is by age, and anywhere in another order, which nobody has asked for who only scrolls.
    const isShort = sort === byAge ? first + count + aheadOfEnd > length : length < leastSorted;
    if (list.phase === 'more' && isShort) void list.more();
    void list.freshenReasons(shown);
  });
  const at = cursor.value === '' ? -1 : ordered.indexOf(cursor.value);
  useEffect(() => {
    const element = box.current;
    if (element === null || at === -1) return;
    const y = at * rowPx;
    const room = element.clientHeight - 2 * rowPx;
    if (y < element.scrollTop) element.scrollTop = y;
    else if (y > element.scrollTop + room) element.scrollTop = y - room;
    // Only where somebody has moved: what comes in moves rows, too.
  }, [cursor.value]);

  const onScroll = () => {
    const { scrollTop = 0 } = box.current ?? {};
    list.isAtTop = scrollTop < rowPx;
    if (!list.isStill) list.settle();
    top.value = scrollTop;
  };
  return (
    <div
      class={phoneColumns.includes(sort.by) ? 'rows' : 'rows by-other'}
      ref={box}
      role="grid"
      aria-label="Requests"
      aria-multiselectable={true}
      aria-rowcount={list.phase === 'whole' ? length + 1 : -1}
      tabIndex={0}
      aria-activedescendant={at === -1 ? undefined : `row-${cursor.value}`}
      onScroll={onScroll}
    >
      <div class="row head" role="row" aria-rowindex={1}>
        <span role="columnheader" class="select">
          <span class="unseen">selected</span>
        </span>
        {columns.map(([name]) => (
          <Heading key={name} name={name} sort={sort} setSort={setSort} />
        ))}
      </div>
      <div role="rowgroup" class="all" style={{ height: `${length * rowPx}px` }}>
        {shown.map((row, index) => (
          <RowLine
            key={(first + index) % pool}
            row={row}
            index={first + index}
            isAt={row.id === cursor.value}
            isGone={list.gone.has(row.id)}
            isSelected={list.selected.has(row.id)}
            by={sort.by}
            select={select}
          />
        ))}
      </div>
    </div>
  );
}

interface HeadingParameters extends Pick<RowsParameters, 'sort' | 'setSort'> {
  readonly name: 'request' | SortName;
}

function Heading({ name, sort, setSort }: HeadingParameters) {
  if (name === 'request')
    return (
      <span role="columnheader" class={name}>
        {name}
      </span>
    );
  const direction = sort.by !== name ? undefined : sort.isDown ? 'descending' : 'ascending';
  return (
    <span role="columnheader" class={direction ? `${name} by` : name} aria-sort={direction}>
      <button type="button" onClick={() => setSort(sortFrom(sort, name))}>
        {name}
        {direction && <span aria-hidden="true">{sort.isDown ? ' ▾' : ' ▴'}</span>}
      </button>
    </span>
  );
}

const columns: readonly ['request' | SortName, (row: Row, at: number) => preact.ComponentChildren][] = [
  ['request', ({ id }) => <a href={`/requests/${id}`}>{shortId(id)}</a>],
  ['age', ({ created }, at) => ago(created, at)],
  ['state', (row) => <State path={pathOf(row)} note={row.quarantined ? ' (set aside)' : ''} />],
  ['for', ({ updated }, at) => ago(updated, at)],
  ['why', ({ failure, reason }) => failure?.code ?? (reason || '–')],
  ['lane', ({ laneId }) => laneId || '–'],
  ['try', ({ attempt }) => (attempt === 0 ? '–' : attempt)],
  ['progress', ({ progress }) => (progress === undefined ? '–' : progressText(progress))],
  ['deadline', (row, at) => (isOpen(row) ? within(row.deadline, at) : '–')],
];

interface RowLineParameters {
  readonly row: Row;
  readonly index: number;
  readonly isAt: boolean;
  readonly isGone: boolean;
  readonly isSelected: boolean;
  /** The column that it is sorted by. */
  readonly by: SortName;
  readonly select: RowsParameters['select'];
}

function RowLine({ row, index, isAt, isGone, isSelected, by, select }: RowLineParameters) {
  const open = ({ target, shiftKey }: MouseEvent) => {
    if ((target as Element).closest('.select')) select(row.id, shiftKey);
    else if (!(target as Element).closest('a')) navigate(`/requests/${row.id}`);
  };
  return (
    <div
      id={`row-${row.id}`}
      role="row"
      aria-rowindex={index + 2}
      aria-selected={isSelected}
      class={`row ${isAt ? 'at' : ''} ${isGone ? 'gone' : ''} ${isSelected ? 'selected' : ''}`}
      style={{ transform: `translateY(${index * rowPx}px)` }}
      onClick={open}
    >
      {/* Said by the row itself, and done by x: a box in each row would be a stop of Tab in each. */}
      <span role="gridcell" class="select">
        <span aria-hidden="true">{isSelected ? '☑' : '☐'}</span>
      </span>
      {columns.map(([name, show]) => (
        <span key={name} role="gridcell" class={name === by ? `${name} by` : name}>
          {show(row, now.value)}
        </span>
      ))}
    </div>
  );
}
