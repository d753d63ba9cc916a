// One cause or many? Those that failed last, by their code and their program.
import { useLook } from '../look.js';
import { now } from '../now.js';
import { Problem } from '../parts/problem.js';
import { RequestLink } from '../parts/requestLink.js';
import { call, type Row } from '../wire.js';
import { ago } from '../words.js';

const looked = 500;
const samples = 3;

export function Failures() {
  const { found, problem } = useLook((signal) =>
    call('Requests/List', { filter: { states: ['failed'] }, page: { size: looked } }, signal),
  ).value;
  const rows = found?.rows ?? [];
  return (
    <>
      <h1>
        Failures{' '}
        {found && (
          <span class="dim">
            {rows.length === looked
              ? `of the ${looked} newest that failed`
              : `${rows.length} in all that was looked through`}
          </span>
        )}
      </h1>
      <Problem problem={problem} />
      {found && rows.length === 0 && <p class="empty">Nothing has failed.</p>}
      <div class="cards">
        {groupsOf(rows).map(([first, ...more]) => (
          <section key={keyOf(first)} class="card" aria-labelledby={keyOf(first)}>
            <h2 id={keyOf(first)}>
              <a href={`/requests?state=failed&failure=${first.failure?.code}&program=${first.vkHash}`}>
                {first.failure?.code}
              </a>{' '}
              {more.length + 1}
            </h2>
            <p>{first.failure?.sentence}</p>
            <dl>
              <div>
                <dt>program</dt>
                <dd class="id">0x{first.vkHash.slice(0, 16)}…</dd>
              </div>
              <div>
                <dt>last, first</dt>
                <dd>
                  {ago(first.updated, now.value)} and {ago((more.at(-1) ?? first).updated, now.value)} ago
                </dd>
              </div>
              <div>
                <dt>such as</dt>
                <dd>
                  {[first, ...more].slice(0, samples).map(({ id }) => (
                    <span key={id}>
                      <RequestLink id={id} />{' '}
                    </span>
                  ))}
                </dd>
              </div>
            </dl>
          </section>
        ))}
      </div>
    </>
  );
}

type Group = [Row, ...Row[]];

const keyOf = ({ failure, vkHash }: Row) => `${failure?.code}-${vkHash.slice(0, 16)}`;

/** The largest first. */
function groupsOf(rows: readonly Row[]): Group[] {
  const groups = new Map<string, Group>();
  for (const row of rows) {
    const group = groups.get(keyOf(row));
    if (group === undefined) groups.set(keyOf(row), [row]);
    else group.push(row);
  }
  return [...groups.values()].sort((a, b) => b.length - a.length);
}
