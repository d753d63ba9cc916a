import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SimulatedClock } from '../../../testkit/simulatedClock.js';
import { Recent } from './recent.js';

describe('what was seen lately', () => {
  let made = 0;
  const make = () => {
    made += 1;
    return made;
  };

  it('is the same each time, until it was not touched for long', async () => {
    const clock = new SimulatedClock();
    const recent = new Recent(clock, { entries: 10, idleMs: 1_000 });
    const first = recent.touch('a', make);
    for (let n = 0; n < 5; n += 1) {
      await clock.advance(1_000);
      assert.equal(recent.touch('a', make), first);
    }
    await clock.advance(1_001);
    assert.notEqual(recent.touch('a', make), first);
  });

  it('is never more than there is room for; what was touched last stays', () => {
    const recent = new Recent(new SimulatedClock(), { entries: 100, idleMs: 1_000 });
    for (let n = 0; n < 1_000; n += 1) recent.touch(`${n}`, make);
    const before = made;
    for (let n = 999; n >= 900; n -= 1) recent.touch(`${n}`, make);
    assert.equal(made, before);
    recent.touch('899', make);
    recent.touch('999', make);
    assert.equal(made, before + 2);
    recent.touch('998', make);
    assert.equal(made, before + 3);
  });
});
