// Do I have to get up? Phase, what needs a person, lanes, the line, and what has been done.
import { actsOnLine, actsOnNeed, resume } from '../acts.js';
import { useLook } from '../look.js';
import { Acts } from '../parts/acts.js';
import { LastHour } from '../parts/lastHour.js';
import { OrderLine } from '../parts/order.js';
import { Problem } from '../parts/problem.js';
import { ProgressBar } from '../parts/progress.js';
import { RequestLink } from '../parts/requestLink.js';
import { State } from '../parts/state.js';
import { call, type LaneJson, type Status } from '../wire.js';
import { lasting, shortId, size } from '../words.js';

export function Overview() {
  const { found, problem } = useLook(async (signal) => {
    const [status, { lanes }, queue] = await Promise.all([
      call('Service/Status', {}, signal),
      call('Lanes/List', {}, signal),
      call('Queue/Get', {}, signal),
    ]);
    return { status, lanes, queue };
  }).value;
  return (
    <>
      <h1 class="unseen">Now</h1>
      <Problem problem={problem} />
      {(['intake', 'dispatch'] as const).map((what) => (
        <OrderLine key={what} of={what} order={found?.status[what]}>
          <Acts acts={[resume(what)]} />
        </OrderLine>
      ))}
      {found && (
        <div class="cards now">
          <Needs status={found.status} />
          <Service status={found.status} />
          <Lanes lanes={found.lanes} />
          <section class="card" aria-labelledby="line">
            <h2 id="line">
              Line
              {found.status.oldestWait === undefined
                ? ': nothing waits'
                : `: the oldest waits for ${lasting(found.status.oldestWait)}`}
            </h2>
            <dl>
              {found.queue.lines.map(({ name, depth, oldestWait }) => (
                <div key={name}>
                  <dt>{name}</dt>
                  <dd>
                    {depth}{' '}
                    {oldestWait !== undefined && depth > 0 && <span class="dim">oldest {lasting(oldestWait)}</span>}
                  </dd>
                </div>
              ))}
              <div>
                <dt>under way</dt>
                <dd>
                  {found.queue.inside} <span class="dim">of {found.queue.window} at once</span>
                </dd>
              </div>
            </dl>
            <Acts acts={actsOnLine(found.status)} />
          </section>
          <LastHour />
        </div>
      )}
    </>
  );
}

function Service({ status }: { readonly status: Status }) {
  const { phase, version, life, up, outage, open, running, endedSinceStart, disk, residentBytes } = status;
  const total = (counts: Readonly<Record<string, number | string>>) =>
    Object.values(counts).reduce<number>((sum, count) => sum + Number(count), 0);
  return (
    <section class="card" aria-labelledby="service">
      <h2 id="service">
        <State path={phase} /> <span class="dim">since {lasting(up)}</span>
      </h2>
      {outage && <p class="problem">{outage.sentence}</p>}
      <dl>
        <div>
          <dt>open</dt>
          <dd>
            <a href="/requests">{total(open)}</a> <span class="dim">running {total(running)}</span>
          </dd>
        </div>
        <Counts counts={open} />
        <div>
          <dt>ended here</dt>
          <dd>
            {total(endedSinceStart)} <span class="dim">since the start</span>
          </dd>
        </div>
        <Counts counts={endedSinceStart} />
        {disk && (
          <div>
            <dt>disk</dt>
            <dd>
              {size(disk.freeBytes)} <span class="dim">free of {size(disk.sizeBytes)}</span>
            </dd>
          </div>
        )}
        <div>
          <dt>memory</dt>
          <dd>
            {size(residentBytes)} <span class="dim">without engines</span>
          </dd>
        </div>
        <div>
          <dt>version</dt>
          <dd>
            {version} <span class="dim">life {life}</span>
          </dd>
        </div>
      </dl>
    </section>
  );
}

const Counts = ({ counts }: { readonly counts: Readonly<Record<string, number | string>> }) =>
  Object.entries(counts)
    .filter(([, count]) => Number(count) > 0)
    .map(([state, count]) => (
      <div key={state} class="inner">
        <dt>
          <State path={state} />
        </dt>
        <dd>
          <a href={`/requests?state=${state}`}>{count}</a>
        </dd>
      </div>
    ));

function Needs({ status: { needsYou, needsYouTotal } }: { readonly status: Status }) {
  return (
    <section class={needsYouTotal > 0 ? 'card needs' : 'card'} aria-labelledby="needs">
      <h2 id="needs">{needsYouTotal > 0 ? `Needs you (${needsYouTotal})` : 'Nothing needs you'}</h2>
      <ul class="plain">
        {needsYou.map((need) => {
          const { reason, sentence, requestId, laneId, deliveryId, signerId, command } = need;
          const acts = actsOnNeed(need);
          return (
            <li key={`${reason} ${command}`}>
              <b>{reason}</b> {requestId !== '' && <RequestLink id={requestId} />}
              {laneId !== '' && <a href="/lanes">{laneId}</a>}
              {deliveryId !== '' && <NeedLink to="/deliveries?state=refused" id={deliveryId} />}
              {signerId !== '' && <NeedLink to="/signers" id={signerId} />} {sentence}
              <div class="help">
                <Acts acts={acts} />{' '}
                {acts.length === 0 && command !== '' && <code>sealed-prover admin {typed(command, requestId)}</code>}
              </div>
            </li>
          );
        })}
      </ul>
    </section>
  );
}

/** To the list where it stands. */
const NeedLink = ({ to, id }: { readonly to: string; readonly id: string }) => (
  <a class="id short" href={to} title={id}>
    {shortId(id)}
  </a>
);

function Lanes({ lanes }: { readonly lanes: readonly LaneJson[] }) {
  return (
    <section class="card" aria-labelledby="lanes">
      <h2 id="lanes">
        <a href="/lanes">Lanes</a>
      </h2>
      <ul class="plain">
        {lanes.map(({ id, state, current, resumesIn }) => (
          <li key={id} class="lane">
            <span class="name">{id}</span>{' '}
            <State path={state} note={resumesIn === undefined ? '' : ` ${lasting(resumesIn)}`} />
            {current && (
              <>
                {' '}
                <RequestLink id={current.requestId} />{' '}
                {current.progress ? (
                  <ProgressBar progress={current.progress} />
                ) : (
                  <span class="dim">{lasting(current.for)}</span>
                )}
              </>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}

/** The empty id of what is about no request stands everywhere. */
const typed = (command: string, requestId: string): string =>
  requestId === '' ? command : command.replace(requestId, shortId(requestId));
