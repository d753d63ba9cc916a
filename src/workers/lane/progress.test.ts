// Which progress is passed on, on a clock that only the test moves.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Progress, ProgressStage } from '../../engines/jobs.js';
import { SimulatedClock } from '../../testkit/world/simulatedClock.js';
import { progressIntervalMs, thinnedProgress } from './progress.js';

test('the first of each stage and then one per interval', async () => {
  const clock = new SimulatedClock();
  const passed: string[] = [];
  const thin = thinnedProgress(clock, ({ stage, done }: Progress) => void passed.push(`${stage} ${done}`));
  const report = (stage: ProgressStage, done: number) => thin({ stage, done, total: 0, cycles: 0 });
  report('executing', 0);
  report('executing', 1);
  report('proving', 0);
  await clock.advance(progressIntervalMs - 1);
  report('proving', 1);
  await clock.advance(1);
  report('proving', 2);
  report('proving', 3);
  report('compressing', 0);
  assert.deepEqual(passed, ['executing 0', 'proving 0', 'proving 2', 'compressing 0']);
});
