// A machine laid out for a drawing: its states on their plate, its edges as lines that run along the grid. A state without a place and an edge
// without a line are errors, so that the drawing cannot fall behind the machine.
import type { AnyStateMachine } from 'xstate';
import { toDirectedGraph } from 'xstate/graph';
import type { Drawing, Line, Rectangle } from './drawing.js';
import type { End, LinePlan, Plate, Side } from './plate.js';

type Graph = ReturnType<typeof toDirectedGraph>;

const cell = { width: 172, height: 76 };
const box = { width: 116, height: 32 };
const padding = 10;
/** Neighbours are not further from each other. */
const mostApart = 1.5;
const margin = { x: 76, y: 34 };

const columnX = (column: number) => Math.round(margin.x + column * cell.width);
const rowY = (row: number) => Math.round(margin.y + row * cell.height - cell.height / 2);

/** `wrapping`: names that are left out where people read them. */
export function layOut(machine: AnyStateMachine, plate: Plate, wrapping: readonly string[]): Drawing {
  const root = toDirectedGraph(machine);
  const nodes = nodesOf(root);
  const nameOf = (id: string) => id.slice(machine.id.length + 1).replace(/^open\./, '');
  const said = (name: string) =>
    name
      .split('.')
      .filter((part) => !wrapping.includes(part))
      .join('.');
  const rectangles = new Map<string, Rectangle>();
  const boxes: Drawing['boxes'][number][] = [];
  for (const { id, stateNode } of nodes.filter(({ children }) => children.length === 0)) {
    const place = plate.places[nameOf(id)];
    if (place === undefined)
      throw new Error(`${machine.id}: "${nameOf(id)}" has no place on its plate (src/machines/drawings)`);
    const [x, y] = [columnX(place[0]) - box.width / 2, rowY(place[1]) - box.height / 2];
    rectangles.set(nameOf(id), { x, y, ...box });
    const state = said(nameOf(id));
    const note = plate.anywhere[nameOf(id)] ?? '';
    boxes.push({
      state,
      label: state.split('.').at(-1) ?? '',
      sentence: stateNode.description ?? '',
      note,
      x,
      y,
      ...box,
    });
  }
  const groups: Drawing['groups'][number][] = [];
  for (const node of nodes.filter(({ children }) => children.length > 0).reverse()) {
    const name = nameOf(node.id);
    if (name === '' || name === 'open') continue;
    const around = surrounding(node.children.map(({ id }) => rectangles.get(nameOf(id)) as Rectangle));
    rectangles.set(name, around);
    groups.unshift({ label: wrapping.includes(name.split('.').at(-1) ?? '') ? '' : name, ...around });
  }
  const lines: Line[] = [];
  for (const [key, on] of edgesOf(nodes, nameOf)) {
    const [from = '', to = ''] = key.split('>');
    if (from === '' || from === 'open' || (to in plate.anywhere && on.every((event) => event.startsWith('error'))))
      continue;
    const plan = plate.lines[key] ?? between(plate.places[from], plate.places[to]);
    if (plan === undefined && (from in plate.anywhere || to in plate.anywhere)) continue;
    const [source, target] = [rectangles.get(from), rectangles.get(to)];
    if (plan === undefined || source === undefined || target === undefined)
      throw new Error(`${machine.id}: the edge "${key}" has no line on its plate (src/machines/drawings)`);
    lines.push({ from: said(from), to: said(to), on, ...routed(plan, source, target) });
  }
  const all = [...rectangles.values()];
  const corners = lines.flatMap(({ path }) =>
    [...path.matchAll(/[ML](\S+) ([\d.]+)/g)].map(([, x, y]) => [Number(x), Number(y)] as const),
  );
  const width = Math.max(...all.map((each) => each.x + each.width), ...corners.map(([x]) => x)) + 30;
  const height = Math.max(...all.map((each) => each.y + each.height), ...corners.map(([, y]) => y)) + 24;
  return { width, height, groups, boxes, lines };
}

const nodesOf = (node: Graph): Graph[] => [node, ...node.children.flatMap(nodesOf)];

/** Events by `from>to`. Without those that leave a state where it is. */
function edgesOf(nodes: readonly Graph[], nameOf: (id: string) => string): Map<string, string[]> {
  const edges = new Map<string, string[]>();
  for (const { source, target, label, transition } of nodes.flatMap((node) => node.edges)) {
    if (transition.target === undefined) continue;
    const key = `${nameOf(source.id)}>${nameOf(target.id)}`;
    const events = edges.get(key) ?? [];
    const event = label.text.replace(/^xstate\.(done|error)\.actor\.(.*)$/, '$1: $2');
    if (!events.includes(event)) events.push(event);
    edges.set(key, events);
  }
  return edges;
}

function surrounding(inner: readonly Rectangle[]): Rectangle {
  const x = Math.min(...inner.map((each) => each.x)) - padding;
  // Its name stands on top.
  const y = Math.min(...inner.map((each) => each.y)) - padding - 8;
  const right = Math.max(...inner.map((each) => each.x + each.width)) + padding;
  const bottom = Math.max(...inner.map((each) => each.y + each.height)) + padding;
  return { x, y, width: right - x, height: bottom - y };
}

/** Of neighbours: there on one side of the middle, and back on the other. */
function between(
  a: readonly [number, number] | undefined,
  b: readonly [number, number] | undefined,
): LinePlan | undefined {
  if (a === undefined || b === undefined || Math.hypot(a[0] - b[0], a[1] - b[1]) > mostApart) return undefined;
  if (a[0] === b[0]) {
    const at = a[0] + (a[1] < b[1] ? -0.15 : 0.15);
    return a[1] < b[1] ? { from: ['bottom', at], to: ['top', at] } : { from: ['top', at], to: ['bottom', at] };
  }
  if (a[1] !== b[1]) return undefined;
  const at = a[1] + (a[0] < b[0] ? -0.1 : 0.1);
  return a[0] < b[0] ? { from: ['right', at], to: ['left', at] } : { from: ['left', at], to: ['right', at] };
}

interface Point {
  readonly x: number;
  readonly y: number;
}

function routed({ from, to, via }: LinePlan, source: Rectangle, target: Rectangle): Pick<Line, 'path' | 'x' | 'y'> {
  const [a, b] = [pointOf(from, source), pointOf(to, target)];
  const [isFlatA, isFlatB] = [isFlat(from[0]), isFlat(to[0])];
  const corners: Point[] = [];
  if (isFlatA && isFlatB && a.y !== b.y) {
    const x = via === undefined ? (a.x + b.x) / 2 : columnX(via);
    corners.push({ x, y: a.y }, { x, y: b.y });
  } else if (!isFlatA && !isFlatB && (a.x !== b.x || via !== undefined)) {
    const y = via === undefined ? (a.y + b.y) / 2 : rowY(via);
    corners.push({ x: a.x, y }, { x: b.x, y });
  } else if (isFlatA !== isFlatB) corners.push(isFlatA ? { x: b.x, y: a.y } : { x: a.x, y: b.y });
  const points = [a, ...corners, b];
  const [first, ...rest] = points;
  const path = `M${first?.x} ${first?.y}${rest.map(({ x, y }) => `L${x} ${y}`).join('')}`;
  return { path, ...middleOfLongest(points) };
}

const isFlat = (side: Side) => side === 'left' || side === 'right';

function pointOf([side, at]: End, { x, y, width, height }: Rectangle): Point {
  if (side === 'left') return { x, y: rowY(at) };
  if (side === 'right') return { x: x + width, y: rowY(at) };
  return { x: columnX(at), y: side === 'top' ? y : y + height };
}

/** Where its label stands. */
function middleOfLongest(points: readonly Point[]): Point {
  let longest = -1;
  let middle: Point = { x: 0, y: 0 };
  points.slice(1).forEach((b, index) => {
    const a = points[index] as Point;
    const length = Math.abs(a.x - b.x) + Math.abs(a.y - b.y);
    if (length > longest) middle = { x: Math.round((a.x + b.x) / 2), y: Math.round((a.y + b.y) / 2) };
    longest = Math.max(longest, length);
  });
  return middle;
}
