// What a machine's own graph has: for tests that walk all of it.
import type { AnyStateMachine } from 'xstate';
import { toDirectedGraph } from 'xstate/graph';

type Node = ReturnType<typeof toDirectedGraph>;

const nodesOf = (node: Node): Node[] => [node, ...node.children.flatMap(nodesOf)];

/** Paths of the states that hold no others. */
export const statesOf = (machine: AnyStateMachine): ReadonlySet<string> =>
  new Set(
    nodesOf(toDirectedGraph(machine)).flatMap(({ stateNode: { type, path } }) =>
      type === 'atomic' || type === 'final' ? [path.join('.')] : [],
    ),
  );

/** Names of all edges, by the transition as `getTransitionData` answers it. */
export const edgesOf = (machine: AnyStateMachine): ReadonlyMap<unknown, string> =>
  new Map(
    nodesOf(toDirectedGraph(machine)).flatMap(({ edges }) => edges.map(({ transition, id }) => [transition, id])),
  );
