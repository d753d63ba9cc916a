// A machine as a drawing, from what was laid out when it was built. States that were walked are filled, the present one has a ring, and
// lines that were taken carry their count; or every state has the number of those that are in it.
import { useId } from 'preact/hooks';
import type { Diagram } from '../diagram.js';

interface Parameters {
  readonly diagram: Diagram;
  /** What it shows, for who does not see it. */
  readonly label: string;
  /** Of a request: from and to of each of its transitions, in order. */
  readonly walked?: readonly { readonly from: string; readonly to: string }[];
  /** Of all: how many are in each state. */
  readonly counts?: Readonly<Record<string, number>>;
}

export function DiagramView({ diagram, label, walked = [], counts = {} }: Parameters) {
  const { width, height, groups, boxes, lines } = diagram;
  const arrow = useId();
  const present = walked.at(-1)?.to;
  const seen = new Set(walked.map(({ to }) => to));
  const taken = takenOf(diagram, walked);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls sideways where it does not fit, and the keys must reach it.
    <section class="diagram" tabIndex={0} aria-label={label}>
      <svg viewBox={`0 0 ${width} ${height}`} width={width} height={height} role="img" aria-label={label}>
        <defs>
          <marker
            id={arrow}
            viewBox="0 0 8 8"
            refX="8"
            refY="4"
            markerWidth="8"
            markerHeight="8"
            markerUnits="userSpaceOnUse"
            orient="auto"
          >
            <path d="M0 0L8 4L0 8z" class="tip" />
          </marker>
        </defs>
        {groups.map((group) => (
          <g key={`${group.label} ${group.x}`}>
            <rect class="group" x={group.x} y={group.y} width={group.width} height={group.height} rx={6} />
            <text class="name" x={group.x + 6} y={group.y + 13}>
              {group.label}
            </text>
          </g>
        ))}
        {lines.map((line) => {
          const times = taken.get(line) ?? 0;
          return (
            <g key={`${line.from}>${line.to}`} class={times > 0 ? 'line taken' : 'line'}>
              <title>{`${line.from} → ${line.to}: ${line.on.join(', ')}`}</title>
              <path d={line.path} marker-end={`url(#${arrow})`} />
              {times > 0 && (
                <text x={line.x + 4} y={line.y - 4}>
                  {times}
                </text>
              )}
            </g>
          );
        })}
        {boxes.map(({ state, label: name, sentence, note, ...at }) => (
          <g key={state} class={`box ${seen.has(state) ? 'seen' : ''} ${state === present ? 'present' : ''}`}>
            <title>{`${state}: ${sentence}`}</title>
            <rect x={at.x} y={at.y} width={at.width} height={at.height} rx={5} />
            <text x={at.x + at.width / 2} y={at.y + 21} text-anchor="middle">
              {name}
              {(counts[state] ?? 0) > 0 && ` ${counts[state]}`}
            </text>
            <text class="note" x={at.x + at.width / 2} y={at.y + at.height + 13} text-anchor="middle">
              {note}
            </text>
          </g>
        ))}
      </svg>
    </section>
  );
}

type Line = Diagram['lines'][number];

/** How often each line was taken: a transition is the line whose ends say most about it. */
function takenOf({ lines }: Diagram, walked: readonly { from: string; to: string }[]): Map<Line, number> {
  const taken = new Map<Line, number>();
  const within = (state: string, name: string) => state === name || state.startsWith(`${name}.`);
  for (const { from, to } of walked) {
    const [line] = lines
      .filter((each) => within(from, each.from) && within(to, each.to))
      .sort((a, b) => (b.from + b.to).length - (a.from + a.to).length);
    if (line !== undefined) taken.set(line, (taken.get(line) ?? 0) + 1);
  }
  return taken;
}
