// What happened to this one, and what is it waiting for? The sentence first, then its path with the time in each state.
import { useLayoutEffect } from 'preact/hooks';
import { actsOnRequest } from '../acts.js';
import { requestDiagram } from '../generated/diagrams.js';
import { onKey } from '../keys.js';
import { useLook } from '../look.js';
import { now } from '../now.js';
import { Acts } from '../parts/acts.js';
import { DiagramView } from '../parts/diagram.js';
import { type Fact, Facts as FactLines } from '../parts/facts.js';
import { Path } from '../parts/path.js';
import { Problem } from '../parts/problem.js';
import { ProgressBar } from '../parts/progress.js';
import { State } from '../parts/state.js';
import { Table } from '../parts/table.js';
import { call, type Entry, type RequestJson, type Row } from '../wire.js';
import { clockTime, grouped, isOpen, lasting, pathOf, shortId, size, within } from '../words.js';

/** `id`: whole, or some digits of it. */
export function Request({ id }: { readonly id: string }) {
  const { found, problem } = useLook(
    async (signal) => {
      const [{ request }, { entries, isComplete }] = await Promise.all([
        call('Requests/Get', { id }, signal),
        call('Requests/History', { id }, signal),
      ]);
      return { request, entries, isComplete };
    },
    { key: id },
  ).value;
  const { request, entries = [], isComplete = true } = found ?? {};
  const row = request?.row;
  const copy = () => row !== undefined && void navigator.clipboard?.writeText(`0x${row.id}`);
  useLayoutEffect(() => onKey({ c: copy }));
  return (
    <>
      <h1>
        Request <span class="id">{shortId(row?.id ?? id)}</span>{' '}
        {row && (
          <button type="button" class="quiet" onClick={copy}>
            Copy its id
          </button>
        )}
      </h1>
      <Problem problem={problem} />
      {row && <Acts acts={actsOnRequest(row)} />}
      {request && row && (
        <>
          <Why request={request} row={row} />
          <section aria-labelledby="path">
            <h2 id="path">Path</h2>
            <Path entries={entries} row={row} />
          </section>
          <details class="drawn" open={!matchMedia('(max-width: 700px)').matches}>
            <summary>Its way through the machine</summary>
            <DiagramView
              diagram={requestDiagram}
              label="States of a request: walked ones are filled, the present one has a ring"
              walked={entries}
            />
          </details>
          <div class="about">
            <Facts request={request} row={row} />
            <History entries={entries} isComplete={isComplete} />
          </div>
        </>
      )}
    </>
  );
}

function Why({ request: { reasons, place, estimate }, row }: { readonly request: RequestJson; readonly row: Row }) {
  return (
    <section class="card reasons" aria-label="Why">
      <p>
        <State path={pathOf(row)} note={row.quarantined ? ' (set aside)' : ''} />{' '}
        {row.progress && <ProgressBar progress={row.progress} />}
      </p>
      {/* Why it is held says it too. */}
      {row.failure && !reasons.some(({ code }) => code === 'HELD') && (
        <p class="problem">
          <b>{row.failure.code}</b> {row.failure.sentence}
        </p>
      )}
      {reasons.map(({ code, sentence }) => (
        <p key={code}>
          <b>{code}</b> {sentence}
        </p>
      ))}
      {place && (
        <p class="dim">
          {place.ahead} before it in the line {place.line}, {place.aheadOfOwn} of them of its own requester.
        </p>
      )}
      {estimate && (
        <p class="dim">
          Its program usually takes {lasting(estimate.usual)} here ({estimate.samples} seen)
          {estimate.doneAt !== undefined &&
            `: done ${within(estimate.doneAt, now.value)}, at ${clockTime(estimate.doneAt)}`}
          .
        </p>
      )}
    </section>
  );
}

function Facts({ request, row }: { readonly request: RequestJson; readonly row: Row }) {
  const { stdin, proof, execution, tries, age } = request;
  const facts: readonly Fact[] = [
    ['Id', `0x${row.id}`],
    ['Mode', row.mode],
    ['Lane', row.laneId || undefined],
    ['Requester', `0x${row.requester}`],
    [
      'Program',
      <a key="program" class="id" href={`/programs/${row.vkHash}`}>
        0x{row.vkHash}
      </a>,
    ],
    ['Input', stdin && `${size(stdin.sizeBytes)}${row.isPrivate ? ', private' : ''}`],
    ['Created', clockTime(row.created)],
    ['Age', `${lasting(age)}${isOpen(row) ? '' : ', until its end'}`],
    ['Deadline', `${clockTime(row.deadline)}${isOpen(row) ? `, ${within(row.deadline, now.value)}` : ''}`],
    ['Tries', tries && `execute ${tries.execute} · prove ${tries.prove} · verify ${tries.verify}`],
    ['Cycles', execution && `${grouped(execution.cycles)} · gas ${grouped(execution.gas)}`],
    ['Proof', proof && `${size(proof.sizeBytes)} · sha256 ${proof.sha256.slice(0, 16)}…`],
  ];
  return (
    <section class="card" aria-labelledby="facts">
      <h2 id="facts">Facts</h2>
      <FactLines facts={facts} />
    </section>
  );
}

function History({ entries, isComplete }: { readonly entries: readonly Entry[]; readonly isComplete: boolean }) {
  return (
    <section class="card" aria-labelledby="history">
      <h2 id="history">History</h2>
      <Table label="Transitions" columns={['#', 'at', 'to', 'on', 'lane', 'life']}>
        {entries.map(({ seq, at, to, on, laneId, life, failure, by, reason }) => (
          <tr key={seq}>
            <td>{seq}</td>
            <td class="short">{clockTime(at)}</td>
            <td>
              <State path={to} />
              {failure && (
                <div class="cause">
                  <b>{failure.code}</b> {failure.sentence}
                </div>
              )}
              {by !== '' && (
                <div class="cause">
                  by {by}: {reason}
                </div>
              )}
            </td>
            <td class="short">{on}</td>
            <td class="short">{laneId || '–'}</td>
            <td>{life || '–'}</td>
          </tr>
        ))}
      </Table>
      {!isComplete && <p class="dim">There are more: sealed-prover admin request ID --history shows them.</p>}
    </section>
  );
}
