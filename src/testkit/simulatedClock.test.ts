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
    if (clock.now() < 50) void Promise.resolve().then(() => clock.wakeAt(clock.now() + 10, again));
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
