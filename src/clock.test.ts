// Waits for moments of the wall clock, made of running time: the clock is set, and time passes only as the test says.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock, wakeAtBy } from './clock.js';
import { SimulatedClock } from './testkit/world/simulatedClock.js';

const minute = 60_000;

/** A wait for a moment `ms` away, and how much running time has passed when it was over. */
function waiting(ms: number) {
  const clock = new SimulatedClock();
  const began = clock.steady();
  const wake = { afterMs: undefined as number | undefined, at: clock.now() + ms, shown: 0, cancel: () => {} };
  // Only the timer of the simulated clock: what it does itself when it is set is another's promise.
  wake.cancel = wakeAtBy({ now: () => clock.now(), wakeIn: (pause, run) => clock.wakeIn(pause, run) }, wake.at, () => {
    wake.afterMs = clock.steady() - began;
    wake.shown = clock.now();
  });
  return { clock, wake };
}

test('a moment is met exactly while the clock is not set', async () => {
  const { clock, wake } = waiting(90 * minute + 7);
  await clock.advance(90 * minute + 6);
  assert.equal(wake.afterMs, undefined);
  await clock.advance(1);
  assert.equal(wake.afterMs, 90 * minute + 7);
});

test('a clock that is set forward is noticed within a minute', async () => {
  const { clock, wake } = waiting(120 * minute);
  await clock.advance(10 * minute + 1_000);
  await clock.set(3 * 60 * minute);
  await clock.advance(minute);
  assert.ok(wake.afterMs !== undefined && wake.afterMs <= 11 * minute + 1_000, `after ${wake.afterMs} ms`);
});

test('a clock that is set back makes nothing early', async () => {
  const { clock, wake } = waiting(30_000);
  await clock.advance(10_000);
  await clock.set(-60 * minute);
  await clock.advance(60 * minute + 19_999);
  assert.equal(wake.afterMs, undefined);
  await clock.advance(1);
  assert.equal(wake.shown, wake.at);
});

test('a start before the time is known, in 1970, takes a moment of today for what it is', async () => {
  const clock = new SimulatedClock(0);
  let woken = false;
  const at = 1_800_000_000_000;
  wakeAtBy({ now: () => clock.now(), wakeIn: (pause, run) => clock.wakeIn(pause, run) }, at, () => {
    woken = true;
  });
  await clock.advance(5 * minute);
  await clock.set(at - minute - clock.now());
  await clock.advance(minute - 1);
  assert.equal(woken, false);
  await clock.advance(minute);
  assert.equal(woken, true);
});

test('a cancelled wait stays cancelled, also after it has looked at the clock', async () => {
  const { clock, wake } = waiting(5 * minute);
  await clock.advance(2 * minute);
  wake.cancel();
  await clock.advance(10 * minute);
  assert.equal(wake.afterMs, undefined);
});

test('the real timers are never early, not by a fraction of a millisecond', async () => {
  for (const ms of [0, 0.4, 1.7, 5.5, 12.25]) {
    const began = systemClock.steady();
    const at = systemClock.now() + ms;
    const hold = setTimeout(() => {}, 10_000);
    await Promise.all([
      new Promise<void>((resolve) => systemClock.wakeIn(ms, resolve)).then(() =>
        assert.ok(systemClock.steady() >= began + ms),
      ),
      new Promise<void>((resolve) => systemClock.wakeAt(at, resolve)).then(() => assert.ok(systemClock.now() >= at)),
    ]);
    clearTimeout(hold);
  }
});
