// Every machine is described in whole: no guard without its sentence, no edge that leads from or to nowhere, and both drawings have it all.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { describeMachine, dotOf, mermaidOf } from './describe.js';
import { describedMachines } from './described.js';

for (const [name, { machine, guards, wrapping }] of Object.entries(describedMachines))
  describe(`the machine of a ${name}`, () => {
    const { states, edges } = describeMachine(machine, guards, wrapping);

    it('has a sentence for each of its guards, and for no others', () => {
      assert.deepEqual(Object.keys(guards).sort(), Object.keys(machine.implementations.guards).sort());
      for (const sentence of Object.values(guards)) assert.match(sentence, /^[A-Z].*\.$/);
      assert.equal(new Set(Object.values(guards)).size, Object.keys(guards).length);
      for (const { guard, guardSentence } of edges) assert.equal(guardSentence, guard === '' ? '' : guards[guard]);
    });

    it('has edges from state to state, by names as people say them', () => {
      const paths = new Set(states.map(({ path }) => path));
      assert.equal(paths.size, states.length);
      for (const { from, to } of edges) assert.ok((from === '' || paths.has(from)) && paths.has(to), `${from} → ${to}`);
      for (const { path, isFinal } of states)
        assert.ok(!isFinal || !edges.some(({ from }) => from === path), `${path} is final, and something leaves it`);
    });

    it('is drawn in whole, for Mermaid and for Graphviz', () => {
      const dot = dotOf(describeMachine(machine, guards, wrapping)).join('\n');
      for (const { path } of states) assert.ok(dot.includes(`\n  "${path}"`), path);
      for (const { from, to } of edges) assert.ok(dot.includes(`\n  "${from}" -> "${to}" [label=`), `${from} → ${to}`);
      assert.equal(dot.split('{').length, dot.split('}').length);
      const mermaid = mermaidOf(machine);
      assert.equal(mermaid.filter((line) => /^ *state "/.test(line)).length, states.length);
      const arrows = new Set(edges.map(({ from, to }) => `${from}>${to}`));
      assert.ok(mermaid.filter((line) => / --> .*: /.test(line)).length >= arrows.size);
    });
  });
