// The simulated clock: order of wakes, wakes set on the way, and cancelled ones.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SimulatedClock } from './simulatedClock.js';

test('wakes run in due order, each at its own time', async () => {
  const clock = new SimulatedClock(1_000);
  const seen: string[] = [];
  const note = (name: string) => () => void seen.push(`${name}@${clock.now()}`);
  clock.wakeAt(1_300, note('late'));
  clock.wakeAt(1_100, note('early'));
  clock.wakeAt(1_100, note('early too'));
  clock.wakeAt(1_301, note('beyond'));
  clock.wakeAt(900, note('overdue'));
  await clock.advance(300);
  assert.deepEqual(seen, ['overdue@1000', 'early@1100', 'early too@1100', 'late@1300']);
  assert.equal(clock.now(), 1_300);
  assert.equal(clock.nextWakeAt(), 1_301);
});

test('a wake set while time moves is met on the way', async () => {
  const clock = new SimulatedClock(0);
  const seen: number[] = [];
  const again = () => {
    seen.push(clock.now());
    if (clock.now() < 50) void Promise.resolve().then(() => clock.wakeIn(10, again));
  };
  clock.wakeAt(10, again);
  await clock.advance(100);
  assert.deepEqual(seen, [10, 20, 30, 40, 50]);
});

test('never synchronous, and a cancelled wake never runs', async () => {
  const clock = new SimulatedClock(0);
  let ran = 0;
  clock.wakeAt(0, () => ran++);
  const cancel = clock.wakeAt(5, () => {
    throw new Error('cancelled');
  });
  assert.equal(ran, 0);
  cancel();
  cancel();
  await clock.advance(10);
  assert.equal(ran, 1);
  assert.equal(clock.nextWakeAt(), undefined);
});

test('the clock may be set apart from running time: moments move, pauses do not', async () => {
  const clock = new SimulatedClock(0);
  const seen: string[] = [];
  const note = (name: string) => () => void seen.push(`${name}@${clock.steady() - began}`);
  const began = clock.steady();
  clock.wakeIn(200_000, note('pause'));
  clock.wakeAt(1_000_000, note('moment'));
  clock.wakeAt(30_000, note('near moment'));
  await clock.set(2_000_000);
  assert.deepEqual([clock.now(), clock.steady()], [2_000_000, began]);
  await clock.advance(100_000);
  // Noticed as late as the real clock may notice it. What it would have looked at before is not later than it would have been.
  assert.deepEqual(seen, ['near moment@30000', 'moment@60000']);
  await clock.set(-1_500_000);
  clock.wakeAt(650_000, note('later moment'));
  await clock.advance(150_000);
  assert.deepEqual(seen.slice(2), ['later moment@150000', 'pause@200000']);
});
