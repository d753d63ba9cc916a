// What fills the disk? Stored bytes by kind and by owner, and the artifacts one by one.
import { useLook } from '../look.js';
import { usePages } from '../pages.js';
import { Address } from '../parts/address.js';
import { Facts } from '../parts/facts.js';
import { Problem } from '../parts/problem.js';
import { ProgramLink } from '../parts/programLink.js';
import { RequestLink } from '../parts/requestLink.js';
import { More, Table } from '../parts/table.js';
import { navigate, query } from '../router.js';
import { call } from '../wire.js';
import { clockTime, size } from '../words.js';

const pageSize = 100;
const kinds = ['program', 'stdin', 'proof'];
/** It reads every record. */
const usageRestMs = 15_000;

export function Artifacts() {
  return (
    <>
      <h1>Artifacts</h1>
      <Usage />
      <List kind={query.value.get('kind') ?? ''} owner={query.value.get('owner') ?? ''} />
    </>
  );
}

function Usage() {
  const { found, problem } = useLook((signal) => call('Artifacts/Usage', {}, signal), { restMs: usageRestMs }).value;
  return (
    <>
      <Problem problem={problem} />
      {found && (
        <div class="cards">
          <section class="card" aria-labelledby="kinds">
            <h2 id="kinds">What there is</h2>
            <Table label="Kinds" columns={['kind', 'how many', 'files', 'size']}>
              {found.kinds.map(({ kind, count, files, sizeBytes }) => (
                <tr key={kind}>
                  <td>
                    <a href={`/artifacts?kind=${kind}`}>{kind}</a>
                  </td>
                  <td>{count}</td>
                  <td>{files}</td>
                  <td class="short">{size(sizeBytes)}</td>
                </tr>
              ))}
            </Table>
            <Facts
              facts={[
                ['unfinished', `${found.scratch?.files ?? 0}, ${size(found.scratch?.sizeBytes)}`],
                ['spent inputs', found.spent],
                ['free', size(found.freeBytes)],
                ['reserved', `${size(found.reservedBytes)} of ${size(found.reservedLimitBytes)}`],
              ]}
            />
          </section>
          <section class="card" aria-labelledby="owners">
            <h2 id="owners">
              Whose <span class="dim">{found.ownersTotal === 1 ? '1 owner' : `${found.ownersTotal} owners`}</span>
            </h2>
            <Table label="Owners" columns={['owner', 'how many', 'size']}>
              {found.owners.slice(0, 10).map(({ owner, count, sizeBytes }) => (
                <tr key={owner}>
                  <td>
                    <Address of={owner} to={`/artifacts?owner=${owner}`} />
                  </td>
                  <td>{count}</td>
                  <td class="short">{size(sizeBytes)}</td>
                </tr>
              ))}
            </Table>
          </section>
        </div>
      )}
    </>
  );
}

function List({ kind, owner }: { readonly kind: string; readonly owner: string }) {
  const asked = { kinds: kind === '' ? [] : [kind], owner };
  const { found, problem, more } = usePages(
    async (token, signal) => {
      const { rows, page } = await call('Artifacts/List', { ...asked, page: { size: pageSize, token } }, signal);
      return { rows, next: page?.nextToken ?? '' };
    },
    { key: `${kind} ${owner}` },
  );
  const choose = (chosen: string) => {
    const given = Object.entries({ kind: chosen, owner }).filter(([, value]) => value !== '');
    navigate(given.length === 0 ? '/artifacts' : `/artifacts?${new URLSearchParams(given)}`);
  };
  return (
    <section class="card below" aria-labelledby="one-by-one">
      <h2 id="one-by-one">One by one</h2>
      <p class="filter">
        <label>
          kind{' '}
          <select value={kind} onChange={({ currentTarget }) => choose(currentTarget.value)}>
            <option value="">any</option>
            {kinds.map((each) => (
              <option key={each}>{each}</option>
            ))}
          </select>
        </label>
        {owner !== '' && (
          <span>
            of <Address of={owner} />
          </span>
        )}
        {(owner !== '' || kind !== '') && <a href="/artifacts">clear</a>}
      </p>
      <Problem problem={problem} />
      {found?.rows.length === 0 && <p class="empty">Nothing is stored.</p>}
      {found !== undefined && found.rows.length > 0 && (
        <>
          <Table label="Artifacts" columns={['kind', 'size', 'owner', 'stored', 'needed by', 'sha256']}>
            {found.rows.map((each) => (
              <tr key={each.id || each.sha256}>
                <td class="short">
                  {each.kind}
                  {each.isSpent && <span class="dim"> spent</span>}
                </td>
                <td class="short">{size(each.sizeBytes)}</td>
                <td>
                  <Address of={each.owner} />
                </td>
                <td class="short">{clockTime(each.stored)}</td>
                <td>
                  {each.references.length === 0
                    ? '–'
                    : each.references.map((id) => (
                        <span key={id}>
                          {each.kind === 'program' ? <ProgramLink hash={id} /> : <RequestLink id={id} />}{' '}
                        </span>
                      ))}
                </td>
                <td class="id">{each.sha256.slice(0, 12)}…</td>
              </tr>
            ))}
          </Table>
          <More next={found.next} more={more} />
        </>
      )}
    </section>
  );
}
