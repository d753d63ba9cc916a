// Machines.Describe: a state machine as it is, and how many are in which of its states.
import type { MessageInitShape } from '@bufbuild/protobuf';
import { fail } from '../../failures/fail.js';
import { FailureError } from '../../failures/failureError.js';
import type { MachinesDescribeRequest, MachinesDescribeResponseSchema } from '../../gen/admin/v1/machines_pb.js';
import { describeMachine as describe, dotOf, mermaidOf } from '../../machines/describe.js';
import { describedMachines } from '../../machines/described.js';
import { layOut } from '../../machines/drawings/layOut.js';
import { svgOf } from '../../machines/drawings/svg.js';
import { hasEnded } from '../../machines/signer/view.js';
import { Tally } from '../../tally.js';
import type { AdminDependencies } from './dependencies.js';
import { signerPathOf } from './signerOf.js';

export type DescribeMachineDependencies = Pick<AdminDependencies, 'counts' | 'scheduling' | 'network' | 'signers'>;

/** Throws NOT_UNDERSTOOD. */
export const describeMachine =
  (dependencies: DescribeMachineDependencies) =>
  ({ id }: MachinesDescribeRequest): MessageInitShape<typeof MachinesDescribeResponseSchema> => {
    const described = Object.hasOwn(describedMachines, id) ? describedMachines[id] : undefined;
    if (described === undefined)
      throw new FailureError(
        fail('NOT_UNDERSTOOD', { field: 'id', problem: `there are ${Object.keys(describedMachines).join(', ')}` }),
      );
    const { machine, guards, wrapping, plate } = described;
    const description = describe(machine, guards, wrapping);
    const paths = description.states.map(({ path }) => path);
    const liveCounts = liveCountsOf(id, paths, dependencies);
    return {
      id: description.id,
      states: description.states.map((state) => ({ ...state, tags: [...state.tags], invokes: [...state.invokes] })),
      edges: [...description.edges],
      liveCounts,
      mermaid: mermaidOf(machine).join('\n'),
      dot: dotOf(description).join('\n'),
      svg: svgOf(layOut(machine, plate, wrapping), liveCounts),
    };
  };

/** `paths`: of all states of the machine. */
function liveCountsOf(
  id: string,
  paths: readonly string[],
  { counts, scheduling, network, signers }: DescribeMachineDependencies,
) {
  if (id === 'request') {
    const { open, running } = counts();
    const inside = Object.entries(running).map(([state, count]) => [`${state}.running`, count] as const);
    return { ...open, ...Object.fromEntries(inside) };
  }
  if (id === 'delivery') return Object.fromEntries(network?.counts().deliveries ?? []);
  const states = new Tally<string>();
  const add = (path: string) => {
    const parts = path.split('.');
    for (const [index] of parts.entries()) states.add(parts.slice(0, index + 1).join('.'));
  };
  // Lanes say how they are by the last part of its path alone.
  const laneAt = (state: string) => paths.find((path) => path.split('.').at(-1) === state) ?? state;
  if (id === 'lane') for (const { state } of scheduling.laneReports()) add(laneAt(state));
  if (id === 'signer') for (const view of signers?.views() ?? []) if (!hasEnded(view)) add(signerPathOf(view));
  return Object.fromEntries(states.entries());
}
