// A long walk does not hold the loop.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from './clock.js';
import { inTurns } from './inTurns.js';

test('ten thousand are all seen, and what else is due comes in between', async () => {
  const waiting = new Set(Array.from({ length: 10_000 }, (_, index) => index));
  const happened: string[] = [];
  const others = (async () => {
    for (let n = 0; n < 3; n += 1) {
      await systemClock.turn();
      happened.push('other');
      // It leaves while it is walked over.
      waiting.delete(9_999 - n);
    }
  })();
  let seen = 0;
  await inTurns(waiting, systemClock, () => {
    seen += 1;
  });
  happened.push('walked');
  await others;
  assert.deepEqual(happened, ['other', 'other', 'other', 'walked']);
  assert.equal(seen, 9_997);
});
