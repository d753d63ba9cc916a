// What is said of a network that answers, does not, or does so in one direction only.
import assert from 'node:assert/strict';
import { Writable } from 'node:stream';
import { it } from 'node:test';
import { pino } from 'pino';
import { createReachability } from './reachability.js';

it('T49: reads and writes are told apart, and each change is one line', () => {
  const lines: { event: string; direction: string; why?: string }[] = [];
  const sink = new Writable({
    write(chunk, _encoding, done) {
      lines.push(JSON.parse(String(chunk)));
      done();
    },
  });
  let now = 1;
  const reachability = createReachability({ clock: { now: () => now }, log: pino(sink) });
  for (const isAnswered of [true, true, false, false, true]) {
    now += 1;
    reachability.note('reads', true);
    reachability.note('writes', isAnswered, isAnswered ? undefined : 'certificate has expired');
  }
  assert.deepEqual(reachability.writes, { reachable: true, lastAnswerAt: 6 });
  reachability.note('writes', false);
  assert.deepEqual(reachability.writes, { reachable: false, lastAnswerAt: 6 });
  assert.deepEqual(reachability.reads, { reachable: true, lastAnswerAt: 6 });
  assert.deepEqual(
    lines.map(({ event, direction, why = '' }) => `${event.replace('network.', '')} ${direction} ${why}`.trim()),
    [
      'reachable reads',
      'reachable writes',
      'unreachable writes certificate has expired',
      'reachable writes',
      'unreachable writes',
    ],
  );
});
