// How fast stored bytes are read.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { SteadyMs } from '../../clock.js';
import { sampleArtifactId } from '../../testkit/sampleIds.js';
import { createWorld, requester } from '../../testkit/world/world.js';
import { verifyArtifacts } from './verifyArtifacts.js';

it('reads at the pace that it is given, whatever the disk could do', async (t) => {
  const world = await createWorld();
  t.after(() => world.end());
  for (let n = 0; n < 2; n += 1) await world.upload(sampleArtifactId(), requester, 'x'.repeat(1_500_000));
  // Time passes in its waits alone.
  let now = 0;
  const clock = {
    steady: () => now as SteadyMs,
    turn: async () => {},
    wakeIn(ms: number, wake: () => void) {
      now += ms;
      queueMicrotask(wake);
      return () => {};
    },
  };
  const { store, layout } = world;
  const { signal } = new AbortController();
  const pace = { clock, bytesPerSecond: 1_000_000, signal, hasBucket: false };
  let files = 0;
  for await (const { finding } of verifyArtifacts({ store, layout, ...pace })) {
    assert.equal(finding, undefined);
    files += 1;
  }
  assert.equal(files, 2);
  assert.ok(Math.abs(now - 3_000) <= 20, `${now} ms`);
});
