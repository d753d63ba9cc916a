// How does it work? A machine as it is, with how many are in each of its states now.
import { laneDiagram, requestDiagram } from '../generated/diagrams.js';
import { useLook } from '../look.js';
import { DiagramView } from '../parts/diagram.js';
import { Problem } from '../parts/problem.js';
import { call } from '../wire.js';

export function Machine({ name }: { readonly name: 'request' | 'lane' }) {
  const { found, problem } = useLook(
    async (signal) => {
      if (name === 'lane') {
        const { lanes } = await call('Lanes/List', {}, signal);
        return counted(lanes.map(({ state }) => (state === 'ready' || state === 'busy' ? `up.${state}` : state)));
      }
      const { open, running, endedSinceStart } = await call('Service/Status', {}, signal);
      return { ...phasesOf(open, running), ...numbers(endedSinceStart) };
    },
    { key: name },
  ).value;
  const diagram = name === 'lane' ? laneDiagram : requestDiagram;
  return (
    <>
      <h1>
        The machine of a {name}{' '}
        <a class="dim" href={name === 'lane' ? '/machines/request' : '/machines/lane'}>
          and of a {name === 'lane' ? 'request' : 'lane'}
        </a>
      </h1>
      <Problem problem={problem} />
      <DiagramView diagram={diagram} label={`States of a ${name}, with how many are in each`} counts={found ?? {}} />
      <h2>States</h2>
      <dl>
        {diagram.boxes.map(({ state, sentence }) => (
          <div key={state}>
            <dt class="wider">{state}</dt>
            <dd>{sentence}</dd>
          </div>
        ))}
      </dl>
    </>
  );
}

const numbers = (counts: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(counts).map(([state, count]) => [state, Number(count)]));

function counted(states: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const state of states) counts[state] = (counts[state] ?? 0) + 1;
  return counts;
}

/** What does not run waits, or pauses: both are drawn as waiting. */
function phasesOf(open: Readonly<Record<string, number>>, running: Readonly<Record<string, number>>) {
  const counts: Record<string, number> = {};
  for (const [state, count] of Object.entries(open)) {
    const run = running[state] ?? 0;
    if (state === 'requested') counts[state] = count;
    else {
      counts[`${state}.running`] = run;
      counts[`${state}.waiting`] = count - run;
    }
  }
  return counts;
}
