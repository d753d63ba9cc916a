// Many rows, of which those in sight are there: a few dozen elements that are moved, and a box as high as all of them. Rows are of one height.
import { type Signal, useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { now } from '../now.js';
import type { RequestList } from '../requestList.js';
import { navigate } from '../router.js';
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

interface RowsParameters {
  readonly list: RequestList;
  /** The id of the row that the keys are at. */
  readonly cursor: Signal<string>;
  /** Selects the row, or no more; `isRange`: and all from the one before. */
  readonly select: (id: string, isRange: boolean) => void;
}

export function Rows({ list, cursor, select }: RowsParameters) {
  const box = useRef<HTMLDivElement>(null);
  const top = useSignal(0);
  list.version.value;
  const { rows } = list;
  const inSight = Math.ceil((box.current?.clientHeight ?? 0) / rowPx) || pool;
  const count = Math.min(pool, inSight + 2 * spare);
  const first = Math.max(0, Math.min(Math.floor(top.value / rowPx) - spare, rows.length - count));
  const shown = rows.slice(first, first + count);

  useEffect(() => {
    if (list.phase === 'more' && first + count + aheadOfEnd > rows.length) void list.more();
    void list.freshenReasons(shown);
  });
  const at = cursor.value === '' ? -1 : rows.findIndex(({ id }) => id === cursor.value);
  useEffect(() => {
    const element = box.current;
    if (element === null || at === -1) return;
    const y = at * rowPx;
    const room = element.clientHeight - 2 * rowPx;
    if (y < element.scrollTop) element.scrollTop = y;
    else if (y > element.scrollTop + room) element.scrollTop = y - room;
  }, [at]);

  const onScroll = () => {
    const { scrollTop = 0 } = box.current ?? {};
    list.isAtTop = scrollTop < rowPx;
    if (!list.isStill) list.settle();
    top.value = scrollTop;
  };
  return (
    <div
      class="rows"
      ref={box}
      role="grid"
      aria-label="Requests"
      aria-multiselectable={true}
      aria-rowcount={list.phase === 'whole' ? rows.length + 1 : -1}
      tabIndex={0}
      aria-activedescendant={at === -1 ? undefined : `row-${cursor.value}`}
      onScroll={onScroll}
    >
      <div class="row head" role="row" aria-rowindex={1}>
        <span role="columnheader" class="select">
          <span class="unseen">selected</span>
        </span>
        {columns.map(([name]) => (
          <span key={name} role="columnheader" class={name}>
            {name}
          </span>
        ))}
      </div>
      <div role="rowgroup" class="all" style={{ height: `${rows.length * rowPx}px` }}>
        {shown.map((row, index) => (
          <RowLine
            key={(first + index) % pool}
            row={row}
            index={first + index}
            isAt={row.id === cursor.value}
            isGone={list.gone.has(row.id)}
            isSelected={list.selected.has(row.id)}
            select={select}
          />
        ))}
      </div>
    </div>
  );
}

const columns: readonly [string, (row: Row, at: number) => preact.ComponentChildren][] = [
  ['request', ({ id }) => <a href={`/requests/${id}`}>{shortId(id)}</a>],
  ['age', ({ created }, at) => ago(created, at)],
  ['state', (row) => <State path={pathOf(row)} note={row.quarantined ? ' (set aside)' : ''} />],
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
  readonly select: RowsParameters['select'];
}

function RowLine({ row, index, isAt, isGone, isSelected, select }: RowLineParameters) {
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
        <span key={name} role="gridcell" class={name}>
          {show(row, now.value)}
        </span>
      ))}
    </div>
  );
}
