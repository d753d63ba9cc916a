// Who did it? What operators have done, newest first.
import { usePages } from '../pages.js';
import { Problem } from '../parts/problem.js';
import { RequestLink } from '../parts/requestLink.js';
import { More, Table } from '../parts/table.js';
import { call } from '../wire.js';
import { clockTime, shortId } from '../words.js';

const pageSize = 100;

export function AuditTrail() {
  const { found, problem, more } = usePages(
    async (before, signal) => {
      const { rows } = await call('Service/AuditList', { before: before || '0', size: pageSize }, signal);
      return { rows, next: rows.length < pageSize ? '' : (rows.at(-1)?.feed ?? '') };
    },
    { restMs: 1_000 },
  );
  return (
    <>
      <h1>
        Audit <span class="dim">what operators have done</span>
      </h1>
      <Problem problem={problem} />
      {found?.rows.length === 0 && <p class="empty">No operator has done anything yet.</p>}
      {found !== undefined && found.rows.length > 0 && (
        <div class="card">
          <Table label="What operators have done" columns={['at', 'who', 'did', 'to', 'why', 'which meant']}>
            {found.rows.map(({ feed, at, audit }) => (
              <tr key={feed}>
                <td class="short">{clockTime(at)}</td>
                <td>
                  {audit?.operator}
                  {audit?.isClaimed && <span class="dim"> (by their own word)</span>}
                </td>
                <td class="short">{audit?.action}</td>
                <td class="short">{audit && <Target of={audit} />}</td>
                <td>{audit?.reason}</td>
                <td>{audit?.effects.join(' ')}</td>
              </tr>
            ))}
          </Table>
          <More next={found.next} more={more} />
        </div>
      )}
    </>
  );
}

const lists: Readonly<Record<string, string>> = { delivery: '/deliveries', signer: '/signers' };

/** Without a target: the service. */
export function Target({
  of: { action, target },
}: {
  readonly of: { readonly action: string; readonly target: string };
}) {
  const list = lists[action.split('.')[0] ?? ''];
  if (list !== undefined && target !== '')
    return (
      <a class="id short" href={list} title={target}>
        {shortId(target)}
      </a>
    );
  return /^[0-9a-f]{64}$/.test(target) ? <RequestLink id={target} /> : <span>{target || '–'}</span>;
}
