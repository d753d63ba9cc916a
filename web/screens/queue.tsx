// Who waits for whom: the lines in which requests wait, who has the most in them, and who is next.
import { useLook } from '../look.js';
import { Problem } from '../parts/problem.js';
import { RequestLink } from '../parts/requestLink.js';
import { call } from '../wire.js';
import { lasting } from '../words.js';

export function Queue() {
  const { found, problem } = useLook((signal) => call('Queue/Get', {}, signal)).value;
  return (
    <>
      <h1>
        Queue{' '}
        {found && (
          <span class="dim">
            {found.inside} under way, of {found.window} at once
          </span>
        )}
      </h1>
      <Problem problem={problem} />
      <div class="cards">
        {found?.lines.map(({ name, depth, oldestWait, byMode, topRequesters, next }) => (
          <section key={name} class="card" aria-labelledby={`line-${name}`}>
            <h2 id={`line-${name}`}>
              {name} {depth}{' '}
              {oldestWait !== undefined && depth > 0 && <span class="dim">oldest {lasting(oldestWait)}</span>}
            </h2>
            {depth === 0 ? (
              <p class="empty">Nobody waits.</p>
            ) : (
              <dl>
                <div>
                  <dt>by mode</dt>
                  <dd>
                    {Object.entries(byMode)
                      .map(([mode, count]) => `${mode} ${count}`)
                      .join(' · ')}
                  </dd>
                </div>
                <div>
                  <dt>next</dt>
                  <dd>
                    {next.map((id) => (
                      <span key={id}>
                        <RequestLink id={id} />{' '}
                      </span>
                    ))}
                  </dd>
                </div>
                {topRequesters.map((each) => (
                  <div key={each.requester}>
                    <dt>{each.depth} of</dt>
                    <dd>
                      <a class="id" href={`/requests?requester=${each.requester}`}>
                        0x{each.requester}
                      </a>
                    </dd>
                  </div>
                ))}
              </dl>
            )}
          </section>
        ))}
      </div>
    </>
  );
}
