import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SimulatedClock } from '../../testkit/world/simulatedClock.js';
import { downloadWindowMs, watchProgress } from './stalled.js';

describe('progress', () => {
  for (const windowMs of [30_000, downloadWindowMs])
    it(`is asked for once in ${windowMs} ms, and its absence is reported once`, async () => {
      const clock = new SimulatedClock();
      let bytes = 0;
      let stalls = 0;
      const onStalled = () => {
        stalls += 1;
      };
      watchProgress(clock, { movedBytes: () => bytes, isClientsTurn: () => true, windowMs }, onStalled);
      await clock.advance(windowMs);
      for (let window = 0; window < 3; window += 1) {
        await clock.advance(windowMs - 1);
        bytes += 16 * 1024;
        await clock.advance(1);
      }
      assert.equal(stalls, 0);
      await clock.advance(windowMs - 1);
      assert.equal(stalls, 0);
      await clock.advance(10 * windowMs);
      assert.equal(stalls, 1);
    });
});
