// One program: for whom it counts, where it is set up, what waits for it, and how long it usually takes.
import { useLook } from '../look.js';
import { Address } from '../parts/address.js';
import { Facts } from '../parts/facts.js';
import { Problem } from '../parts/problem.js';
import { RequestLink } from '../parts/requestLink.js';
import { Table } from '../parts/table.js';
import { call } from '../wire.js';
import { clockTime, lasting, size } from '../words.js';

/** `hash`: whole, or some digits of it. */
export function Program({ hash }: { readonly hash: string }) {
  const { found, problem } = useLook((signal) => call('Programs/Get', { vkHash: hash }, signal), { key: hash }).value;
  const program = found?.program;
  return (
    <>
      <h1>
        Program <span class="id">{(program?.vkHash ?? hash).slice(0, 12)}…</span>
      </h1>
      <Problem problem={problem} />
      {program && (
        <div class="cards">
          <section class="card" aria-labelledby="facts">
            <h2 id="facts">Facts</h2>
            <Facts
              facts={[
                ['hash', `0x${program.vkHash}`],
                ['set up on', program.laneIds.join(', ') || 'no lane'],
                [
                  'open',
                  <a key="open" href={`/requests?program=${program.vkHash}`}>
                    {program.openRequests}
                  </a>,
                ],
                [
                  'oldest',
                  program.requestIds.length === 0
                    ? undefined
                    : program.requestIds.map((id) => (
                        <span key={id}>
                          <RequestLink id={id} />{' '}
                        </span>
                      )),
                ],
              ]}
            />
          </section>
          <section class="card" aria-labelledby="usual">
            <h2 id="usual">How long it usually takes</h2>
            {program.usual.length === 0 ? (
              <p class="empty">Not known since the start of the service.</p>
            ) : (
              <Table label="Stages" columns={['stage', 'mode', 'usual', 'seen']}>
                {program.usual.map(({ stage, mode, usual, samples }) => (
                  <tr key={`${stage} ${mode}`}>
                    <td>{stage}</td>
                    <td>{mode || '–'}</td>
                    <td>{lasting(usual)}</td>
                    <td>{samples}</td>
                  </tr>
                ))}
              </Table>
            )}
          </section>
          <section class="card" aria-labelledby="registered">
            <h2 id="registered">Registered</h2>
            <Table label="Registrations" columns={['by', 'counts for', 'size', 'at']}>
              {program.registrations.map(({ owner, isConfirmed, sizeBytes, registered }) => (
                <tr key={owner}>
                  <td>
                    <Address of={owner} />
                  </td>
                  <td class="short">{isConfirmed ? 'everybody' : 'its owner'}</td>
                  <td class="short">{size(sizeBytes)}</td>
                  <td class="short">{clockTime(registered)}</td>
                </tr>
              ))}
            </Table>
          </section>
        </div>
      )}
    </>
  );
}
