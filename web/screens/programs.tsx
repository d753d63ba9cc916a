// What is known: programs that clients have registered, and who has.
import { usePages } from '../pages.js';
import { Address } from '../parts/address.js';
import { Problem } from '../parts/problem.js';
import { ProgramLink } from '../parts/programLink.js';
import { More, Table } from '../parts/table.js';
import { call } from '../wire.js';
import { clockTime, size } from '../words.js';

const pageSize = 100;

export function Programs() {
  const { found, problem, more } = usePages(async (token, signal) => {
    const { rows, page } = await call('Programs/List', { page: { size: pageSize, token } }, signal);
    return { rows, next: page?.nextToken ?? '' };
  });
  return (
    <>
      <h1>Programs</h1>
      <Problem problem={problem} />
      {found?.rows.length === 0 && <p class="empty">No client has registered a program yet.</p>}
      {found !== undefined && found.rows.length > 0 && (
        <div class="card">
          <Table label="Programs" columns={['program', 'owner', 'counts for', 'size', 'registered', 'requests']}>
            {found.rows.map(({ vkHash, owner, isConfirmed, sizeBytes, registered }) => (
              <tr key={`${vkHash} ${owner}`}>
                <td>
                  <ProgramLink hash={vkHash} />
                </td>
                <td>
                  <Address of={owner} />
                </td>
                <td>{isConfirmed ? 'everybody' : 'its owner'}</td>
                <td class="short">{size(sizeBytes)}</td>
                <td class="short">{clockTime(registered)}</td>
                <td>
                  <a href={`/requests?program=${vkHash}`}>of it</a>
                </td>
              </tr>
            ))}
          </Table>
          <More next={found.next} more={more} />
        </div>
      )}
    </>
  );
}
