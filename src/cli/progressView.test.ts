import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RequestUpdate } from '../client/client.js';
import type { RequestId } from '../ids.js';
import { scriptedCli } from '../testkit/scriptedCli.js';
import { SimulatedClock } from '../testkit/world/simulatedClock.js';
import { createProgressView, describeUpdate } from './progressView.js';

const base = { requestId: 'ab'.repeat(32) as RequestId, deadlineAt: 0 };
const proving = (done: number, stage = 'proving'): RequestUpdate => ({
  ...base,
  state: 'proving',
  detail: {
    state: 'proving',
    phase: 'running',
    attempt: 1,
    progress: { stage, done, total: 8, cycles: 0 },
    execution: { cycles: '13131', gas: '9' },
  },
});

test('a status alone and a status with its detail both read as a line', () => {
  assert.equal(describeUpdate({ ...base, state: 'executing' }), 'executing');
  assert.equal(describeUpdate(proving(3)), 'proving, running · shards 3 of 8 · 13,131 cycles');
  const uncounted = { stage: 'proving', done: 0, total: 0, cycles: 0 };
  const onGpu = { ...proving(0), detail: { state: 'proving', phase: 'running', progress: uncounted } };
  assert.equal(describeUpdate(onGpu), 'proving, running');
  const retried = { ...proving(3), detail: { state: 'proving', phase: 'backingOff', attempt: 2 } };
  assert.equal(describeUpdate(retried), 'proving, backingOff · attempt 2');
  assert.equal(describeUpdate({ ...base, state: 'unexecutable', detail: { state: 'failed' } }), 'failed');
  const verifying: RequestUpdate = { ...base, state: 'proving', detail: { state: 'verifying', phase: 'waiting' } };
  assert.equal(describeUpdate(verifying), 'verifying, waiting');
});

test('without a terminal there is a line per state and stage, not per shard', () => {
  const clock = new SimulatedClock();
  const cli = scriptedCli({}, { clock });
  const view = createProgressView(cli.output, clock);
  for (const update of [proving(0, 'setup'), proving(1), proving(2), proving(3)]) view.update(update);
  view.end();
  assert.deepEqual(cli.err().trim().split('\n'), [
    'proving, running · setting the program up 0 of 8 · 13,131 cycles (0.0 s)',
    'proving, running · shards 1 of 8 · 13,131 cycles (0.0 s)',
  ]);
});

test('on a terminal one line is drawn over, ticks, and is gone at the end', async () => {
  const clock = new SimulatedClock();
  const cli = scriptedCli({}, { clock, isTTY: true });
  const view = createProgressView(cli.output, clock);
  view.update(proving(5));
  await clock.advance(1_000);
  assert.match(cli.err(), /… proving, running · shards 5 of 8 · 13,131 cycles · 1\.0 s$/);
  view.retrying({ call: 'GetProofRequestStatus', attempt: 1, waitMs: 1, error: new Error('connect ECONNREFUSED') });
  await clock.advance(200);
  assert.match(cli.err(), /the service does not answer, trying again/);
  view.end();
  assert.ok(cli.err().endsWith('\r\x1b[2K'));
  assert.ok(!cli.err().includes('\n'));
  assert.equal(clock.nextWakeAt(), undefined);
});
