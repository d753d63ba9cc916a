// Slots are fair, bounded, and not lost on those who leave.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FailureError } from '../errors.js';
import { Slots } from './slots.js';

const never = new AbortController().signal;
const withCode = (code: string) => (thrown: unknown) => thrown instanceof FailureError && thrown.failure.code === code;

describe('slots', () => {
  it('are given in order of arrival, and one more waiter than allowed is refused', async () => {
    const slots = new Slots(1, 2);
    const order: number[] = [];
    const release = await slots.acquire(never);
    const noted = async (number: number) => {
      const give = await slots.acquire(never);
      order.push(number);
      return give;
    };
    const second = noted(2);
    const third = noted(3);
    await assert.rejects(slots.acquire(never), withCode('QUEUE_FULL'));
    release();
    (await second)();
    (await third)();
    assert.deepEqual(order, [2, 3]);
    (await slots.acquire(never))();
  });

  it('are not given to a waiter that went away', async () => {
    const slots = new Slots(1, 1);
    const release = await slots.acquire(never);
    const leaving = new AbortController();
    const left = slots.acquire(leaving.signal);
    leaving.abort();
    await assert.rejects(left, withCode('ABORTED'));
    release();
    (await slots.acquire(never))();
    await assert.rejects(slots.acquire(AbortSignal.abort()), withCode('ABORTED'));
  });
});
