// Each machine is drawn whole, and a drawing that has fallen behind its machine is refused.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { describeMachine } from '../describe.js';
import { describedMachines } from '../described.js';
import type { Rectangle } from './drawing.js';
import { layOut } from './layOut.js';
import type { Plate } from './plate.js';
import { svgOf } from './svg.js';

const machines = Object.entries(describedMachines);
const without = (plate: Plate, part: 'places' | 'lines' | 'anywhere', name: string): Plate => ({
  ...plate,
  [part]: Object.fromEntries(Object.entries(plate[part]).filter(([each]) => each !== name)),
});
const overlap = (a: Rectangle, b: Rectangle) =>
  a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;

describe('a drawing', () => {
  for (const [name, { machine, guards, wrapping, plate }] of machines) {
    const drawing = layOut(machine, plate, wrapping);

    it(`of a ${name} has a box for each state that holds no others, none over another, and all within its frame`, () => {
      const { states } = describeMachine(machine, guards, wrapping);
      const leaves = states.filter(({ path }) => !states.some((other) => other.path.startsWith(`${path}.`)));
      const expected = leaves
        .map(({ path }) => path)
        .filter((path) => !wrapping.includes(path.split('.').at(-1) ?? ''));
      assert.deepEqual(drawing.boxes.map(({ state }) => state).sort(), expected.sort());
      for (const [index, box] of drawing.boxes.entries()) {
        assert.ok(
          box.x >= 0 && box.y >= 0 && box.x + box.width <= drawing.width && box.y + box.height < drawing.height,
        );
        for (const other of drawing.boxes.slice(index + 1))
          assert.ok(!overlap(box, other), `${box.state} ${other.state}`);
      }
    });

    it(`of a ${name} is refused without the place of a state`, () => {
      for (const state of Object.keys(plate.places))
        assert.throws(
          () => layOut(machine, without(plate, 'places', state), wrapping),
          /has no place on its plate/,
          state,
        );
    });

    it(`of a ${name} leaves no edge out but those that are told in words`, () => {
      const { edges } = describeMachine(machine, guards, wrapping);
      const drawn = new Set(drawing.lines.map(({ from, to }) => `${from}>${to}`));
      const said = (path: string) =>
        path
          .split('.')
          .filter((part) => !wrapping.includes(part))
          .join('.');
      for (const { from, to, on } of edges) {
        const isTold = to in plate.anywhere || from in plate.anywhere || wrapping.includes(from);
        assert.ok(drawn.has(`${said(from)}>${said(to)}`) || isTold || from === '', `${from} → ${to} on ${on}`);
      }
    });
  }

  it('is refused without the line of an edge that is between no neighbours', () => {
    const { request, signer } = describedMachines;
    assert.ok(request && signer);
    for (const [{ machine, plate, wrapping }, line] of [
      [request, 'verifying>failed'],
      [signer, 'active>quoting'],
    ] as const)
      assert.throws(() => layOut(machine, without(plate, 'lines', line), wrapping), /has no line on its plate/);
  });
});

describe('a picture', () => {
  it('has how many are in a state, and in those within it, and no markup of what it is told', () => {
    const { request } = describedMachines;
    assert.ok(request);
    const drawing = layOut(request.machine, request.plate, request.wrapping);
    const svg = svgOf(drawing, { executing: 5, 'executing.running': 2, 'proving.waiting': 0 });
    assert.match(svg, />executing 5</);
    assert.equal(svg.match(/>running 2</g)?.length, 1);
    assert.doesNotMatch(svg, /waiting 0/);
    const hostile = { ...drawing, boxes: drawing.boxes.map((box) => ({ ...box, sentence: '"><script>x</script>&' })) };
    assert.ok(svgOf(hostile).includes('&quot;&gt;&lt;script&gt;x&lt;/script&gt;&amp;'));
    assert.doesNotMatch(svgOf(hostile), /<script/);
  });
});
