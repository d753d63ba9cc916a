// Which engine is ill? A card a lane: what it does, since when, how often its engine has died, and why it rests.
import { actsOnLane } from '../acts.js';
import { useLook } from '../look.js';
import { Acts } from '../parts/acts.js';
import { Chart } from '../parts/chart.js';
import { OrderLine } from '../parts/order.js';
import { Problem } from '../parts/problem.js';
import { ProgramLink } from '../parts/programLink.js';
import { ProgressBar } from '../parts/progress.js';
import { RequestLink } from '../parts/requestLink.js';
import { State } from '../parts/state.js';
import { call, type LaneJson, type ProgramJson } from '../wire.js';
import { lasting, size } from '../words.js';

/** A day of minutes. */
const dayRestMs = 30_000;
/** Programs that can be set up: the first so many are offered. */
const mostPrograms = 500;

export function Lanes() {
  const { found, problem } = useLook((signal) => call('Lanes/List', {}, signal)).value;
  const day = useLook((signal) => call('Service/Series', {}, signal), { restMs: dayRestMs }).value.found;
  const programs = useLook((signal) => call('Programs/List', { page: { size: mostPrograms } }, signal), {
    restMs: dayRestMs,
  }).value.found;
  return (
    <>
      <h1>Lanes</h1>
      <Problem problem={problem} />
      {found?.lanes.length === 0 && <p class="empty">This service has no lanes.</p>}
      <div class="cards">
        {found?.lanes.map((lane) => (
          <LaneCard
            key={lane.id}
            lane={lane}
            known={programs?.rows ?? []}
            died={day?.crashes.find(({ laneId }) => laneId === lane.id)?.counts ?? []}
          />
        ))}
      </div>
    </>
  );
}

const quarters = 96;

/** Of minutes, the last of which is now. */
function inQuarters(minutes: readonly number[]): number[] {
  const sums = Array<number>(quarters).fill(0);
  for (const [index, count] of minutes.entries()) {
    const at = quarters - 1 - Math.floor((minutes.length - 1 - index) / 15);
    if (at >= 0) sums[at] = (sums[at] ?? 0) + count;
  }
  return sums;
}

interface LaneCardParameters {
  readonly lane: LaneJson;
  /** Programs that are registered. */
  readonly known: readonly ProgramJson[];
  /** Deaths of its engine in each minute of the last day. Empty: none. */
  readonly died: readonly number[];
}

function LaneCard({ lane, known, died }: LaneCardParameters) {
  const { id, kind, stage, state, modes, warm, crashes, crashesInWindow, resumesIn, lastFailure, current, programs } =
    lane;
  const ill = state === 'quarantined' || state === 'broken';
  return (
    <section class={ill ? 'card needs' : 'card'} aria-labelledby={`lane-${id}`}>
      <h2 id={`lane-${id}`}>
        {id} <State path={state} /> <span class="dim">{lasting(lane.for)}</span>
      </h2>
      <OrderLine of="lane" order={lane.order} />
      {resumesIn !== undefined && <p>It starts again in {lasting(resumesIn)}.</p>}
      {lastFailure && (
        <p class="problem">
          <b>{lastFailure.code}</b> {lastFailure.sentence}
        </p>
      )}
      <dl>
        <div>
          <dt>stage</dt>
          <dd>
            {stage} <span class="dim">{kind}</span> {modes.join(', ')}
          </dd>
        </div>
        <div>
          <dt>job</dt>
          <dd>
            {current ? (
              <>
                <RequestLink id={current.requestId} /> <span class="dim">{lasting(current.for)}</span>{' '}
                {current.progress && <ProgressBar progress={current.progress} />}
                {current.missingBytes !== '0' && (
                  <span class="warn"> waits for {size(current.missingBytes)} of memory</span>
                )}
              </>
            ) : (
              '–'
            )}
          </dd>
        </div>
        <div>
          <dt>engine</dt>
          <dd>
            {warm ? 'warm' : 'cold'}, {programs.length} {programs.length === 1 ? 'program' : 'programs'} set up
          </dd>
        </div>
        {lane.preparation && <Prepared preparation={lane.preparation} />}
        <div>
          <dt>crashes</dt>
          <dd>
            {crashes} <span class="dim">since the start, {crashesInWindow} in ten minutes</span>
            {died.length > 0 && (
              <Chart name="" look="bad" values={inQuarters(died)} words="of the last day, by quarters of an hour" />
            )}
          </dd>
        </div>
        <div>
          <dt>requests</dt>
          <dd>
            <a href={`/requests?lane=${encodeURIComponent(id)}`}>on this lane</a>
          </dd>
        </div>
      </dl>
      <Acts acts={actsOnLane(lane, known)} />
    </section>
  );
}

/** What is done to a program at an operator's word, or was done last. */
function Prepared({ preparation }: { readonly preparation: NonNullable<LaneJson['preparation']> }) {
  const { what, vkHash, digest, isUnderWay, failure, progress } = preparation;
  const ended = failure ? <span class="warn">failed: {failure.sentence}</span> : `done in ${lasting(preparation.for)}`;
  return (
    <div>
      <dt>prepared</dt>
      <dd>
        {what} of {vkHash === '' ? <span class="id">{digest.slice(0, 12)}…</span> : <ProgramLink hash={vkHash} />}{' '}
        {isUnderWay ? <span class="dim">{lasting(preparation.for)}</span> : ended}{' '}
        {progress && <ProgressBar progress={progress} />}
      </dd>
    </div>
  );
}
