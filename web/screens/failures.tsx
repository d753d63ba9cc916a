// One cause or many? What has failed in the last day, by code, with the programs and the lanes of each.
import { useLook } from '../look.js';
import { now } from '../now.js';
import { Facts } from '../parts/facts.js';
import { Problem } from '../parts/problem.js';
import { ProgramLink } from '../parts/programLink.js';
import { RequestLink } from '../parts/requestLink.js';
import { call, type FailureGroup } from '../wire.js';
import { ago } from '../words.js';

/** It looks through many records. */
const restMs = 5_000;

export function Failures() {
  const { found, problem } = useLook((signal) => call('Service/Failures', {}, signal), { restMs }).value;
  return (
    <>
      <h1>
        Failures{' '}
        {found && (
          <span class="dim">
            of the last {ago(found.lookedBackTo, now.value)}, {found.scanned} requests looked through
          </span>
        )}
      </h1>
      <Problem problem={problem} />
      {found?.groups.length === 0 && <p class="empty">Nothing has failed.</p>}
      <div class="cards">
        {found?.groups.map((group) => (
          <Group key={group.code} group={group} />
        ))}
      </div>
    </>
  );
}

function Group({ group }: { readonly group: FailureGroup }) {
  const { code, sentence, count, first, last, sampleIds, lanes, programs } = group;
  const rest = (total: number, shown: number) => total > shown && <span class="dim">and {total - shown} more</span>;
  return (
    <section class="card" aria-labelledby={code}>
      <h2 id={code}>
        {code} {count}
      </h2>
      <p>{sentence}</p>
      <Facts
        facts={[
          ['requests', <Listed key="listed" group={group} />],
          [
            'last, first',
            count === 1 ? `${ago(last, now.value)} ago` : `${ago(last, now.value)} and ${ago(first, now.value)} ago`,
          ],
          [
            'programs',
            <>
              {programs.map((each) => (
                <span key={each.name} class="short">
                  <ProgramLink hash={each.name} /> {each.count}{' '}
                </span>
              ))}
              {rest(group.programsTotal, programs.length)}
            </>,
          ],
          [
            'lanes',
            lanes.length === 0 ? undefined : (
              <>
                {lanes.map((each) => `${each.name} ${each.count}`).join(' · ')} {rest(group.lanesTotal, lanes.length)}
              </>
            ),
          ],
          [
            'such as',
            sampleIds.map((id) => (
              <span key={id}>
                <RequestLink id={id} />{' '}
              </span>
            )),
          ],
        ]}
      />
    </section>
  );
}

function Listed({ group: { code, count, held } }: { readonly group: FailureGroup }) {
  return (
    <>
      {count > held && <a href={`/requests?state=failed&failure=${code}`}>{count - held} failed</a>}{' '}
      {held > 0 && <a href={`/requests?state=held&failure=${code}`}>{held} held</a>}
    </>
  );
}
