// What is owed to the public network: reports of the requests that it has assigned to this prover.
import { actsOnDelivery } from '../acts.js';
import { useLook } from '../look.js';
import { usePages } from '../pages.js';
import { Acts } from '../parts/acts.js';
import { Address } from '../parts/address.js';
import { Problem } from '../parts/problem.js';
import { RequestLink } from '../parts/requestLink.js';
import { State } from '../parts/state.js';
import { More, Table } from '../parts/table.js';
import { query } from '../router.js';
import { call } from '../wire.js';
import { clockTime, shortId } from '../words.js';

const pageSize = 100;

export function Deliveries() {
  const state = query.value.get('state') ?? '';
  const { found, problem, more } = usePages(
    async (after, signal) => {
      const asked = { states: state === '' ? [] : [state], size: pageSize, after };
      const { rows, nextAfter } = await call('Deliveries/List', asked, signal);
      return { rows, next: nextAfter };
    },
    { key: state },
  );
  return (
    <>
      <h1>
        Deliveries <span class="dim">{state === '' ? 'to the public network' : `that are ${state}`}</span>{' '}
        {state !== '' && <a href="/deliveries">all</a>}
      </h1>
      <Problem problem={problem} />
      {found?.rows.length === 0 && (
        <p class="empty">Nothing is owed. Only a service that is a prover of the public network has deliveries.</p>
      )}
      {found !== undefined && found.rows.length > 0 && (
        <div class="card">
          <Table
            label="Deliveries"
            columns={[
              'of the network',
              'here',
              'state',
              'report',
              'tries',
              'refused with',
              'deadline',
              'transaction',
              '',
            ]}
          >
            {found.rows.map((each) => (
              <tr key={each.id}>
                <td class="id" title={`0x${each.id}`}>
                  {shortId(each.id)}
                </td>
                <td>{each.requestId === '' ? '–' : <RequestLink id={each.requestId} />}</td>
                <td>
                  <State path={each.state} />
                </td>
                <td>{each.report || '–'}</td>
                <td>{each.tries}</td>
                <td>
                  {each.refusal ? (
                    <>
                      <b>{each.refusal.code}</b> {each.refusal.sentence}
                    </>
                  ) : (
                    '–'
                  )}
                </td>
                <td class="short">{clockTime(each.deadline)}</td>
                <td class="id">{each.txHash === '' ? '–' : `0x${each.txHash.replace(/^0x/, '').slice(0, 12)}…`}</td>
                <td>
                  <Acts acts={actsOnDelivery(each)} />
                </td>
              </tr>
            ))}
          </Table>
          <More next={found.next} more={more} />
        </div>
      )}
      <Left />
    </>
  );
}

const leftRestMs = 5_000;

/** What the network has assigned to this prover, and nobody has asked for here. */
function Left() {
  const { found } = useLook((signal) => call('Deliveries/List', { size: 1 }, signal), { restMs: leftRestMs }).value;
  if (found === undefined || found.leftTotal === 0) return null;
  return (
    <section class="card below" aria-labelledby="left">
      <h2 id="left">
        Left alone ({found.leftTotal}) <span class="dim">assigned to this prover, and not asked for here</span>
      </h2>
      <Table label="Left alone" columns={['of the network', 'requester', 'deadline']}>
        {found.left.map(({ id, requester, deadline }) => (
          <tr key={id}>
            <td class="id short" title={`0x${id}`}>
              {shortId(id)}
            </td>
            <td>{requester === '' ? '–' : <Address of={requester} />}</td>
            <td class="short">{clockTime(deadline)}</td>
          </tr>
        ))}
      </Table>
    </section>
  );
}
