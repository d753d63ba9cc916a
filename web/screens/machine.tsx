// How does it work? A machine as it is, with how many are in each of its states now.
import { deliveryDiagram, laneDiagram, requestDiagram, signerDiagram } from '../generated/diagrams.js';
import { useLook } from '../look.js';
import { DiagramView } from '../parts/diagram.js';
import { Problem } from '../parts/problem.js';
import { call } from '../wire.js';

const machines = {
  request: { diagram: requestDiagram, of: 'a request' },
  lane: { diagram: laneDiagram, of: 'a lane' },
  delivery: { diagram: deliveryDiagram, of: 'a delivery' },
  signer: { diagram: signerDiagram, of: 'a signing key' },
} as const;
type Name = keyof typeof machines;
export const machineNames = Object.keys(machines) as readonly Name[];

export function Machine({ name }: { readonly name: Name }) {
  const { found, problem } = useLook((signal) => countsOf[name](signal), { key: name }).value;
  const { diagram, of } = machines[name];
  return (
    <>
      <h1>
        The machine of {of}{' '}
        <span class="dim">
          {machineNames
            .filter((each) => each !== name)
            .map((each) => (
              <a key={each} href={`/machines/${each}`}>
                of {machines[each].of}
              </a>
            ))}
        </span>
      </h1>
      <Problem problem={problem} />
      <DiagramView diagram={diagram} label={`States of ${of}, with how many are in each`} counts={found ?? {}} />
      <h2>States</h2>
      <dl class="states">
        {diagram.boxes.map(({ state, sentence }) => (
          <div key={state}>
            <dt>{state}</dt>
            <dd>{sentence}</dd>
          </div>
        ))}
      </dl>
    </>
  );
}

/** How many are in each state. */
const countsOf: Readonly<Record<Name, (signal: AbortSignal) => Promise<Readonly<Record<string, number>>>>> = {
  async request(signal) {
    const { open, running, endedSinceStart } = await call('Service/Status', {}, signal);
    return { ...phasesOf(open, running), ...numbers(endedSinceStart) };
  },
  async lane(signal) {
    const { lanes } = await call('Lanes/List', {}, signal);
    return counted(lanes.map(({ state }) => laneBoxOf(state)));
  },
  async delivery(signal) {
    const { byState, endedSinceStart } = await call('Deliveries/Counts', {}, signal);
    return { ...byState, ...numbers(endedSinceStart) };
  },
  async signer(signal) {
    const { rows } = await call('Signers/List', {}, signal);
    return counted(rows.map(({ state }) => state));
  },
};

/** Lanes say how they are by the last part of its path alone. */
const laneBoxOf = (last: string): string =>
  laneDiagram.boxes.find(({ state }) => state.split('.').at(-1) === last)?.state ?? last;

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
