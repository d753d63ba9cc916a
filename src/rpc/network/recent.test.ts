import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SimulatedClock } from '../../testkit/simulatedClock.js';
import { Recent } from './recent.js';

describe('what was seen lately', () => {
  const make = () => ({ made: true });

  it('is the same each time, until it was not touched for long', async () => {
    const clock = new SimulatedClock();
    const recent = new Recent(clock, { entries: 10, idleMs: 1_000 });
    const first = recent.touch('a', make);
    assert.ok(first.isNew);
    for (let n = 0; n < 5; n += 1) {
      await clock.advance(1_000);
      assert.deepEqual(recent.touch('a', make), { value: first.value, isNew: false });
    }
    await clock.advance(1_001);
    const again = recent.touch('a', make);
    assert.ok(again.isNew);
    assert.notEqual(again.value, first.value);
  });

  it('never is more than there is room for; what was touched last stays', () => {
    const recent = new Recent(new SimulatedClock(), { entries: 100, idleMs: 1_000 });
    recent.touch('kept', make);
    for (let n = 0; n < 10_000; n += 1) {
      recent.touch(`${n}`, make);
      assert.ok(!recent.touch('kept', make).isNew);
      assert.ok(recent.size <= 100);
    }
    assert.ok(recent.touch('0', make).isNew);
  });
});
