// Slots are bounded, shared fairly between owners, and not lost on those who leave.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FailureError } from '../failures/failureError.js';
import { type SlotLimits, Slots } from './slots.js';

const never = new AbortController().signal;
const withCode = (code: string) => (thrown: unknown) => thrown instanceof FailureError && thrown.failure.code === code;
const settle = () => new Promise(setImmediate);

/** Applicants by name, the first letter of which is their owner. */
function set(limits: Partial<SlotLimits>) {
  const slots = new Slots({ size: 1, perOwner: 9, waiting: 9, ...limits });
  /** In the order of being served. */
  const served: string[] = [];
  const refused: string[] = [];
  const releases = new Map<string, () => void>();
  const apply = (name: string, signal = never) =>
    void slots.acquire(name.slice(0, 1), signal).then(
      (release) => {
        served.push(name);
        releases.set(name, release);
      },
      (error: FailureError) => void refused.push(`${name} ${error.failure.code}`),
    );
  return {
    slots,
    served,
    refused,
    async come(...names: string[]) {
      for (const name of names) apply(name);
      await settle();
    },
    apply,
    async leave(...names: string[]) {
      for (const name of names) releases.get(name)?.();
      await settle();
    },
  };
}

describe('slots', () => {
  it('go to owners in turn, and within an owner by arrival', async () => {
    const { come, leave, served } = set({});
    await come('a1', 'a2', 'a3', 'a4', 'b1', 'b2', 'c1');
    const order = ['a1', 'a2', 'b1', 'c1', 'a3', 'b2', 'a4'];
    for (const name of order) {
      assert.equal(served.at(-1), name);
      await leave(name);
    }
    assert.deepEqual(served, order);
    await come('d1');
    assert.equal(served.at(-1), 'd1');
  });

  it('are never all one owner’s, while others find theirs free', async () => {
    const { come, leave, served } = set({ size: 4, perOwner: 3 });
    await come('a1', 'a2', 'a3', 'a4', 'a5', 'b1');
    assert.deepEqual(served, ['a1', 'a2', 'a3', 'b1']);
    await leave('b1');
    assert.equal(served.length, 4);
    await leave('a2', 'a1');
    assert.deepEqual(served.slice(4), ['a4', 'a5']);
  });

  it('refuse a waiter beyond the limit, or the last one of the owner that has most waiting', async () => {
    const { come, leave, served, refused } = set({ waiting: 4 });
    await come('x1', 'a1', 'a2', 'a3', 'a4');
    await come('a5');
    assert.deepEqual(refused, ['a5 UPLOADS_BUSY']);
    await come('b1', 'b2');
    assert.deepEqual(refused.slice(1), ['a4 UPLOADS_BUSY', 'a3 UPLOADS_BUSY']);
    await come('b3', 'c1');
    // b has as many as a by now, so that a third of its own gives way; c has none.
    assert.deepEqual(refused.slice(3), ['b3 UPLOADS_BUSY', 'a2 UPLOADS_BUSY']);
    for (const name of ['x1', 'a1', 'b1', 'c1']) await leave(name);
    assert.deepEqual(served, ['x1', 'a1', 'b1', 'c1', 'b2']);
  });

  it('are not given to a waiter that went away', async () => {
    const { slots, apply, come, leave, served, refused } = set({ waiting: 1 });
    await come('a1');
    const leaving = new AbortController();
    apply('b1', leaving.signal);
    leaving.abort();
    await come('c1');
    assert.deepEqual(refused, ['b1 ABORTED']);
    await leave('a1');
    await leave('c1');
    assert.deepEqual(served, ['a1', 'c1']);
    await assert.rejects(slots.acquire('d', AbortSignal.abort()), withCode('ABORTED'));
    await come('e1');
    assert.equal(served.at(-1), 'e1');
  });
});
