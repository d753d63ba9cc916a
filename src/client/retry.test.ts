import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { test } from 'node:test';
import { SimulatedClock } from '../testkit/world/simulatedClock.js';
import { ClientError } from './errors.js';
import { type RetryParameters, retry } from './retry.js';
import { joinSignals } from './sleep.js';

function parametersFor(clock: SimulatedClock, changes: Partial<RetryParameters> = {}) {
  const waits: number[] = [];
  const parameters: RetryParameters = {
    call: 'Test',
    clock,
    random: () => 0.5,
    budgetMs: 120_000,
    signal: new AbortController().signal,
    isTransient: () => true,
    onRetry: ({ waitMs }) => waits.push(waitMs),
    ...changes,
  };
  return { waits, parameters };
}

test('waits 1 s, then half as long again each time, until it succeeds', async () => {
  const clock = new SimulatedClock();
  const controller = new AbortController();
  const { waits, parameters } = parametersFor(clock, { signal: controller.signal });
  let calls = 0;
  const result = retry(async () => {
    calls += 1;
    if (calls < 5) throw new Error('not yet');
    return calls;
  }, parameters);
  await clock.advance(10_000);
  assert.equal(await result, 5);
  assert.deepEqual(waits, [1000, 1500, 2250, 3375]);
  assert.equal(getEventListeners(controller.signal, 'abort').length, 0);
});

test('spreads each wait by half of itself', async () => {
  for (const [random, expected] of [
    [0, 500],
    [0.999999, 1500],
  ] as const) {
    const clock = new SimulatedClock();
    const { waits, parameters } = parametersFor(clock, { random: () => random, budgetMs: 1600 });
    const result = assert.rejects(
      retry(async () => {
        throw new Error('never');
      }, parameters),
    );
    await clock.advance(5_000);
    await result;
    assert.equal(Math.round(waits[0] ?? 0), expected);
  }
});

test('gives up with the last error when the budget is spent, after a last attempt at its end', async () => {
  const clock = new SimulatedClock();
  const startedAt = clock.now();
  const { waits, parameters } = parametersFor(clock);
  const attempts: number[] = [];
  const result = assert.rejects(
    retry(async () => {
      attempts.push(clock.now() - startedAt);
      throw new Error(`attempt ${attempts.length}`);
    }, parameters),
    /attempt 12/,
  );
  await clock.advance(300_000);
  await result;
  assert.equal(attempts.at(-1), 120_000);
  assert.equal(
    waits.reduce((sum, wait) => sum + wait, 0),
    120_000,
  );
});

test('an error that is not transient ends it at once', async () => {
  const { waits, parameters } = parametersFor(new SimulatedClock(), { isTransient: () => false });
  await assert.rejects(
    retry(async () => {
      throw new Error('final');
    }, parameters),
    /final/,
  );
  assert.deepEqual(waits, []);
});

test('a clock that is set while it waits neither ends the budget nor prolongs it', async () => {
  const clock = new SimulatedClock();
  const began = clock.steady();
  const { parameters } = parametersFor(clock, { budgetMs: 20_000 });
  const times: number[] = [];
  const result = assert.rejects(
    retry(async () => {
      times.push(clock.steady() - began);
      throw new Error('not yet');
    }, parameters),
  );
  await clock.advance(2_000);
  await clock.set(3_600_000);
  await clock.advance(5_000);
  await clock.set(-7_200_000);
  await clock.advance(13_000);
  await result;
  assert.equal(times.at(-1), 20_000);
});

test('the signal ends a wait at once and leaves no listener and no timer behind', async () => {
  const clock = new SimulatedClock();
  const controller = new AbortController();
  const { parameters } = parametersFor(clock, { signal: controller.signal });
  const result = assert.rejects(
    retry(async () => {
      throw new Error('not yet');
    }, parameters),
    (error: unknown) => error instanceof ClientError && error.failure.code === 'ABORTED' && error.cause === 'enough',
  );
  await clock.settle();
  assert.notEqual(clock.nextWakeAt(), undefined);
  controller.abort('enough');
  await result;
  assert.equal(clock.nextWakeAt(), undefined);
  assert.equal(getEventListeners(controller.signal, 'abort').length, 0);
});

test('joined signals fire with the first, and are left without a trace', () => {
  const [a, b] = [new AbortController(), new AbortController()];
  const { signal, leave } = joinSignals([a.signal, undefined, b.signal]);
  b.abort('b');
  assert.equal(signal.reason, 'b');
  leave();
  assert.equal(getEventListeners(a.signal, 'abort').length, 0);
});
