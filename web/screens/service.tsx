// What runs here: its phase, its version, what it stands on, what operators have paused.
import { actsOnLine, drain, resume } from '../acts.js';
import { useLook } from '../look.js';
import { Acts } from '../parts/acts.js';
import { Facts } from '../parts/facts.js';
import { OrderLine } from '../parts/order.js';
import { Problem } from '../parts/problem.js';
import { State } from '../parts/state.js';
import { Table } from '../parts/table.js';
import { type ConfigOption, call } from '../wire.js';
import { clockTime, lasting, size } from '../words.js';

/** It changes with a start of the service only. */
const configRestMs = 60_000;

export function ServiceScreen() {
  const { found, problem } = useLook((signal) => call('Service/Status', {}, signal)).value;
  return (
    <>
      <h1>Service</h1>
      <Problem problem={problem} />
      {(['intake', 'dispatch'] as const).map((what) => (
        <OrderLine key={what} of={what} order={found?.[what]}>
          <Acts acts={[resume(what)]} />
        </OrderLine>
      ))}
      {found && (
        <section class="card" aria-labelledby="status">
          <h2 id="status">
            <State path={found.phase} /> <span class="dim">since {lasting(found.up)}</span>
          </h2>
          {found.outage && <p class="problem">{found.outage.sentence}</p>}
          <Facts
            facts={[
              ['version', found.version],
              ['started', clockTime(found.started)],
              ['life', `${found.life}, counted from the first start with this data folder`],
              ['memory', `${size(found.residentBytes)}, without engines`],
              ['disk', found.disk && `${size(found.disk.freeBytes)} free of ${size(found.disk.sizeBytes)}`],
            ]}
          />
          <Acts acts={[...actsOnLine(found), drain]} />
        </section>
      )}
      <Configuration />
    </>
  );
}

/** As it holds until the next start. Secrets are told as set or not. */
function Configuration() {
  const { found, problem } = useLook((signal) => call('Service/Config', {}, signal), { restMs: configRestMs }).value;
  const set = found?.options.filter(({ from }) => from !== '') ?? [];
  const left = found?.options.filter(({ from }) => from === '') ?? [];
  return (
    <>
      <Problem problem={problem} />
      {found && (
        <section class="card below" aria-labelledby="configuration">
          <h2 id="configuration">
            Configuration <span class="dim">{set.length} options are set</span>
          </h2>
          {set.length > 0 && <Options label="Options that are set" options={set} />}
          <details>
            <summary>{left.length} by their defaults</summary>
            <Options label="Options by their defaults" options={left} />
          </details>
        </section>
      )}
    </>
  );
}

const Options = ({ label, options }: { readonly label: string; readonly options: readonly ConfigOption[] }) => (
  <Table label={label} columns={['option', 'value', 'set by']}>
    {options.map(({ name, flag, value, from, isSecret }) => (
      <tr key={name}>
        <td class="short">
          <code>{flag || name}</code>
        </td>
        <td>{isSecret && value !== '' ? 'set, and not told' : value || '–'}</td>
        <td>{from || '–'}</td>
      </tr>
    ))}
  </Table>
);
