import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SimulatedClock } from '../../testkit/world/simulatedClock.js';
import { createRateLimit } from './rateLimit.js';

describe('how often one network may ask', () => {
  it('is ten times at once, and then once a second', async () => {
    const clock = new SimulatedClock();
    const { take } = createRateLimit(clock);
    const many = (count: number) => Array.from({ length: count }, () => take('a')).filter(Boolean).length;
    assert.equal(many(12), 10);
    await clock.advance(999);
    assert.equal(many(1), 0);
    await clock.advance(1);
    assert.equal(many(3), 1);
    await clock.advance(3_600_000);
    assert.equal(many(12), 10);
  });

  it('is nothing to others', () => {
    const { take } = createRateLimit(new SimulatedClock());
    for (let i = 0; i < 11; i += 1) take('a');
    assert.ok(take('b'));
  });

  it('remembers ten thousand of them', () => {
    const { take } = createRateLimit(new SimulatedClock());
    for (let i = 0; i < 11; i += 1) take('a');
    assert.ok(!take('a'));
    for (let i = 0; i < 10_000; i += 1) take(`n${i}`);
    assert.ok(take('a'));
  });
});
