// The way of a request through its states, with the time in each, and where the service was started anew.
import { now } from '../now.js';
import type { Entry, Row } from '../wire.js';
import { briefly, isOpen } from '../words.js';
import { State } from './state.js';

export function Path({ entries, row }: { readonly entries: readonly Entry[]; readonly row: Row }) {
  const moment = (entry: Entry | undefined) => (entry?.at === undefined ? now.value : Date.parse(entry.at));
  return (
    <ol class="path">
      {entries.map((entry, index) => {
        const next = entries[index + 1];
        const before = entries[index - 1];
        const isNewLife = before !== undefined && before.life !== 0 && before.life !== entry.life;
        const lasted = next !== undefined || isOpen(row) ? briefly(moment(next) - moment(entry)) : '';
        return (
          <li
            key={entry.seq}
            class={next === undefined ? 'present' : ''}
            aria-current={next === undefined ? 'step' : undefined}
          >
            {isNewLife && <span class="anew">the service was started anew</span>}
            <State path={entry.to} /> <span class="dim">{lasted}</span>
            {entry.laneId !== '' && entry.to.endsWith('running') && <span class="dim"> {entry.laneId}</span>}
            {entry.failure && <span class="bad"> after {entry.failure.code}</span>}
          </li>
        );
      })}
    </ol>
  );
}
