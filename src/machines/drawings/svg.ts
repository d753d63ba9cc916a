// A machine as a picture of its own: SVG, in the colours of who looks at it. What leads from one state to another is told where the pointer is.
import type { Drawing } from './drawing.js';

const style = `
text { font: 13px system-ui, sans-serif; fill: #1c1d1f; text-anchor: middle; }
.name, .note { font-size: 11px; fill: #5c6068; }
.name { text-anchor: start; }
.group { fill: none; stroke: #d9dadd; }
.box { fill: #fff; stroke: #5c6068; }
.line { fill: none; stroke: #8a8e96; }
.tip { fill: #8a8e96; }
@media (prefers-color-scheme: dark) {
  text { fill: #e8e8ea; }
  .name, .note { fill: #a0a4ad; }
  .group { stroke: #383b41; }
  .box { fill: #1c1d20; stroke: #a0a4ad; }
}`;

/** `counts`: how many are in a state, or in those within it, by its path. */
export function svgOf(
  { width, height, groups, boxes, lines }: Drawing,
  counts: Readonly<Record<string, number>> = {},
): string {
  const counted = (path: string, label: string) => xml(counts[path] ? `${label} ${counts[path]}` : label);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}">`,
    `<style>${style}</style>`,
    '<marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" markerUnits="userSpaceOnUse" orient="auto">',
    '<path class="tip" d="M0 0L8 4L0 8z"/></marker>',
    ...groups.flatMap(({ label, ...at }) => [
      rectangle('group', at, 6),
      `<text class="name" x="${at.x + 6}" y="${at.y + 13}">${counted(label, label)}</text>`,
    ]),
    ...lines.map(
      ({ from, to, on, path }) =>
        `<path class="line" marker-end="url(#tip)" d="${path}"><title>${xml(`${from} → ${to}: ${on.join(', ')}`)}</title></path>`,
    ),
    ...boxes.flatMap(({ state, label, sentence, note, ...at }) => [
      `<g><title>${xml(`${state}: ${sentence}`)}</title>${rectangle('box', at, 5)}`,
      `<text x="${at.x + at.width / 2}" y="${at.y + 21}">${counted(state, label)}</text>`,
      ...(note === ''
        ? []
        : [`<text class="note" x="${at.x + at.width / 2}" y="${at.y + at.height + 13}">${xml(note)}</text>`]),
      '</g>',
    ]),
    '</svg>',
    '',
  ].join('\n');
}

const rectangle = (name: string, at: { x: number; y: number; width: number; height: number }, radius: number) =>
  `<rect class="${name}" x="${at.x}" y="${at.y}" width="${at.width}" height="${at.height}" rx="${radius}"/>`;

const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const xml = (text: string) => text.replace(/[&<>"]/g, (sign) => escapes[sign] ?? '');
