// The window over open requests: its width, its order, who may leave it, and what a turn costs with ten thousand waiting.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FailureError } from '../errors.js';
import { newRequestId } from '../ids.js';
import { Admission, type Applicant } from './admission.js';

const never = () => new AbortController().signal;
const applicant = (changes: Partial<Applicant> = {}): Applicant => ({
  requestId: newRequestId(),
  requester: 'a',
  deadlineAt: 1_000,
  resumed: false,
  ...changes,
});

test('as many as fit are inside, and whoever leaves lets in the next by policy', async () => {
  const admission = new Admission(1);
  const order: string[] = [];
  const apply = (name: string, changes: Partial<Applicant>) => {
    const who = applicant(changes);
    void admission.admit(who, never()).then(() => {
      order.push(name);
      admission.leave(who.requestId);
    });
  };
  const first = applicant();
  await admission.admit(first, never());
  apply('a late', { deadlineAt: 2_000 });
  apply('a early', { deadlineAt: 1_000 });
  apply('b', { requester: 'b', deadlineAt: 3_000 });
  apply('restarted', { requester: 'c', deadlineAt: 9_000, resumed: true });
  assert.deepEqual([admission.inside, admission.waiting], [1, 4]);
  admission.leave(first.requestId);
  while (admission.inside > 0) await new Promise(setImmediate);
  assert.deepEqual(order, ['restarted', 'a early', 'b', 'a late']);
});

test('who gives up leaves the line, and takes no place', async () => {
  const admission = new Admission(1);
  const first = applicant();
  await admission.admit(first, never());
  const controller = new AbortController();
  const given = admission.admit(applicant(), controller.signal);
  const next = admission.admit(applicant(), never());
  controller.abort();
  const isAborted = (error: unknown) => error instanceof FailureError && error.failure.code === 'ABORTED';
  await assert.rejects(given, isAborted);
  await assert.rejects(admission.admit(applicant(), controller.signal), isAborted);
  admission.leave(first.requestId);
  await next;
  assert.deepEqual([admission.inside, admission.waiting], [1, 0]);
});

test('asking again while inside is answered at once, and leaving twice frees one place', async () => {
  const admission = new Admission(1);
  const first = applicant();
  await admission.admit(first, never());
  await admission.admit(first, never());
  let isIn = false;
  const second = applicant();
  void admission.admit(second, never()).then(() => (isIn = true));
  admission.leave(newRequestId());
  assert.equal(isIn, false);
  admission.leave(first.requestId);
  admission.leave(first.requestId);
  assert.deepEqual([admission.inside, admission.waiting], [1, 0]);
});

test('with ten thousand waiting every one gets in, in order', async () => {
  const admission = new Admission(64);
  const count = 10_000;
  const seen: number[] = [];
  for (let index = 0; index < count; index++) {
    const who = applicant({ requester: `${index % 100}`, deadlineAt: index });
    void admission.admit(who, never()).then(() => {
      seen.push(index);
      admission.leave(who.requestId);
    });
  }
  assert.equal(admission.waiting, count - 64);
  while (seen.length < count) await new Promise(setImmediate);
  // A hundred requesters take turns in the order in which they came, so deadlines and turns agree.
  assert.deepEqual(seen, [...seen.keys()]);
});
