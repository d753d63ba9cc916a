// A machine as people look at it, made from itself: its states with what holds in them, its edges with what they ask, and its drawing as
// Mermaid and as Graphviz read it.
import type { AnyStateMachine } from 'xstate';
import { type DirectedGraphNode, toDirectedGraph } from 'xstate/graph';

/** A sentence for each guard, by its name: what it asks. */
export type GuardSentences = Readonly<Record<string, string>>;

export interface StateDescription {
  /** As people say it: `proving.running`. */
  readonly path: string;
  /** What holds, and what leaves it. */
  readonly sentence: string;
  readonly tags: readonly string[];
  readonly isFinal: boolean;
  /** What runs as long as it is in this state. */
  readonly invokes: readonly string[];
}

export interface EdgeDescription {
  readonly from: string;
  readonly to: string;
  /** `CANCEL`, or `done: prove` when an invoked one has ended. */
  readonly on: string;
  /** Empty: it asks for nothing. */
  readonly guard: string;
  readonly guardSentence: string;
}

export interface MachineDescription {
  /** With its version: `request@3`. */
  readonly id: string;
  readonly states: readonly StateDescription[];
  readonly edges: readonly EdgeDescription[];
}

/** `wrapping`: states that only hold others together, and are left out where they stand before others. */
export function describeMachine(
  machine: AnyStateMachine,
  guards: GuardSentences,
  wrapping: readonly string[],
): MachineDescription {
  const nodes = nodesOf(toDirectedGraph(machine));
  const pathOf = ({ path }: DirectedGraphNode['stateNode']) =>
    path.filter((part, index) => index === path.length - 1 || !wrapping.includes(part)).join('.');
  return {
    id: machine.id,
    states: nodes
      .filter(({ stateNode }) => stateNode.path.length > 0)
      .map(({ stateNode }) => ({
        path: pathOf(stateNode),
        sentence: stateNode.description ?? '',
        tags: stateNode.tags,
        isFinal: stateNode.type === 'final',
        invokes: stateNode.invoke.map(({ id }) => id),
      })),
    edges: nodes
      .flatMap((node) => node.edges)
      .filter(({ transition }) => transition.target !== undefined)
      .map(({ source, target, label, transition }) => {
        const guard = guardNameOf(transition.guard);
        return {
          from: pathOf(source),
          to: pathOf(target),
          on: label.text.replace(/^xstate\.(done|error)\.actor\.(.*)$/, '$1: $2'),
          guard,
          guardSentence: guards[guard] ?? '',
        };
      }),
  };
}

const nodesOf = (node: DirectedGraphNode): DirectedGraphNode[] => [node, ...node.children.flatMap(nodesOf)];

/** By its name alone: no machine of ours has guards that are written in place. */
const guardNameOf = (guard: unknown): string =>
  typeof guard === 'string' ? guard : ((guard as { readonly type?: string } | undefined)?.type ?? '');

const mermaidId = (id: string) => id.replace(/[^A-Za-z0-9]/g, '_');

/** The lines of a state diagram. */
export function mermaidOf(machine: AnyStateMachine): string[] {
  const lines = ['stateDiagram-v2'];
  const edges = new Map<string, Set<string>>();
  const note = (node: DirectedGraphNode) => {
    for (const edge of node.edges) {
      const key = `${mermaidId(edge.source.id)} --> ${mermaidId(edge.target.id)}`;
      edges.set(key, (edges.get(key) ?? new Set()).add(edge.label.text));
    }
  };
  const draw = (node: DirectedGraphNode, indent: string) => {
    note(node);
    const initial = node.stateNode.initial?.target?.[0];
    if (initial) lines.push(`${indent}[*] --> ${mermaidId(initial.id)}`);
    for (const child of node.children) {
      const id = mermaidId(child.id);
      lines.push(`${indent}state "${child.stateNode.key}" as ${id}`);
      if (child.children.length > 0) {
        lines.push(`${indent}state ${id} {`);
        draw(child, `${indent}  `);
        lines.push(`${indent}}`);
      } else note(child);
    }
  };
  draw(toDirectedGraph(machine), '  ');
  for (const [arrow, labels] of edges) lines.push(`  ${arrow}: ${[...labels].join(', ')}`);
  return lines;
}

/** The lines of a graph: an arrow for each pair of states, with all that leads from one to the other. */
export function dotOf({ id, states, edges }: MachineDescription): string[] {
  const quoted = (text: string) => `"${text.replaceAll('"', '\\"')}"`;
  const arrows = new Map<string, string[]>();
  for (const { from, to, on, guard } of edges) {
    const key = `${quoted(from)} -> ${quoted(to)}`;
    arrows.set(key, [...(arrows.get(key) ?? []), guard === '' ? on : `${on} [${guard}]`]);
  }
  return [
    `digraph ${quoted(id)} {`,
    '  rankdir=LR; node [shape=box, style=rounded];',
    ...states.map(({ path, isFinal }) => `  ${quoted(path)}${isFinal ? ' [peripheries=2]' : ''};`),
    ...[...arrows].map(([arrow, labels]) => `  ${arrow} [label=${quoted(labels.join('\\n'))}];`),
    '}',
  ];
}
