// Those who ask at the same time share a look, and nobody is told what was seen before they asked by one that had ended.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { together } from './together.js';

test('who asks while it looks is told what it sees, and who asks later has it look again', async () => {
  const gates: PromiseWithResolvers<number>[] = [];
  const look = together(() => {
    const gate = Promise.withResolvers<number>();
    gates.push(gate);
    return gate.promise;
  });
  const asked = [look(), look(), look()];
  gates[0]?.resolve(1);
  assert.deepEqual([await Promise.all(asked), gates.length], [[1, 1, 1], 1]);
  const failing = [look(), look()];
  gates[1]?.reject(new Error('no disk'));
  for (const each of failing) await assert.rejects(each, /no disk/);
  const again = look();
  gates[2]?.resolve(3);
  assert.deepEqual([await again, gates.length], [3, 3]);
});
