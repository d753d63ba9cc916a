// The list of programs that are signed for: its form, and that it is read again.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { VkHash } from '../ids.js';
import { createLog } from '../log.js';
import { temporaryFolder } from '../testkit/temporaryFolder.js';
import { SimulatedClock } from '../testkit/world/simulatedClock.js';
import { openTeePrograms } from './teePrograms.js';

const [one, two] = ['01'.repeat(32) as VkHash, '02'.repeat(32) as VkHash];

test('without a list every program is signed for, with one those on it, and a broken one changes nothing', async () => {
  const parts = { clock: new SimulatedClock(), log: createLog('silent') };
  assert.ok(openTeePrograms(undefined, parts).isSignedFor(one));
  const path = join(temporaryFolder('programs'), 'list');
  assert.throws(() => openTeePrograms(path, parts), /The list of programs .* cannot be used: /);
  writeFileSync(path, `# ours\n0x${one}\n`);
  const programs = openTeePrograms(path, parts);
  const listed = () => [one, two].map((vkHash) => programs.isSignedFor(vkHash));
  assert.deepEqual(listed(), [true, false]);
  writeFileSync(path, two);
  await parts.clock.advance(30_000);
  assert.deepEqual(listed(), [true, false]);
  writeFileSync(path, `0x${two}  # another`);
  await parts.clock.advance(30_000);
  assert.deepEqual(listed(), [false, true]);
  programs.close();
});
