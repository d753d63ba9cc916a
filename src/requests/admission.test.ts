// The window over open requests: its width, its order, who may leave it, and what a turn costs with ten thousand waiting.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sampleRequestId } from '../testkit/sampleIds.js';
import { Admission, type Applicant } from './admission.js';

const applicant = (changes: Partial<Applicant> = {}): Applicant => ({
  requestId: sampleRequestId(),
  requester: 'a',
  deadlineAt: 1_000,
  resumed: false,
  ...changes,
});

test('as many as fit are inside, and each that leaves lets in the next by policy', async () => {
  const admission = new Admission(1);
  const order: string[] = [];
  const apply = (name: string, changes: Partial<Applicant>) => {
    const who = applicant(changes);
    admission.line(who, () => {
      order.push(name);
      queueMicrotask(() => admission.leave(who.requestId));
    });
  };
  const first = applicant();
  admission.line(first, () => {});
  apply('a late', { deadlineAt: 2_000 });
  apply('a early', { deadlineAt: 1_000 });
  apply('b', { requester: 'b', deadlineAt: 3_000 });
  apply('restarted', { requester: 'c', deadlineAt: 9_000, resumed: true });
  assert.deepEqual([admission.inside, admission.waiting], [1, 4]);
  admission.leave(first.requestId);
  while (admission.inside > 0) await new Promise(setImmediate);
  assert.deepEqual(order, ['restarted', 'a early', 'b', 'a late']);
});

const neverAdmitted = () => assert.fail('it was let in');

test('who gives up leaves the line, and takes no place', () => {
  const admission = new Admission(1);
  const first = applicant();
  admission.line(first, () => {});
  const leaveLine = admission.line(applicant(), neverAdmitted);
  let isIn = false;
  admission.line(applicant(), () => {
    isIn = true;
  });
  leaveLine();
  admission.leave(first.requestId);
  assert.ok(isIn);
  assert.deepEqual([admission.inside, admission.waiting], [1, 0]);
});

test('giving up after being let in changes nothing', () => {
  const admission = new Admission(1);
  const leaveLine = admission.line(applicant(), () => {});
  const next = admission.line(applicant(), neverAdmitted);
  leaveLine();
  assert.deepEqual([admission.inside, admission.waiting], [1, 1]);
  next();
});

test('asking again while inside is answered at once, and leaving twice frees one place', () => {
  const admission = new Admission(1);
  const first = applicant();
  let times = 0;
  const count = () => {
    times += 1;
  };
  admission.line(first, count);
  admission.line(first, count);
  assert.equal(times, 2);
  let isIn = false;
  admission.line(applicant(), () => {
    isIn = true;
  });
  admission.leave(sampleRequestId());
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
    admission.line(who, () => {
      seen.push(index);
      queueMicrotask(() => admission.leave(who.requestId));
    });
  }
  // 64, and a quarter of that for those who had nothing inside.
  assert.equal(admission.waiting, count - 80);
  while (seen.length < count) await new Promise(setImmediate);
  // A hundred requesters take turns in the order in which they came, so deadlines and turns agree.
  assert.deepEqual(seen, [...seen.keys()]);
});

test('who has nothing inside is let in beyond a full window, up to a quarter of it, and with one request only', () => {
  const admission = new Admission(8);
  const enter = (requester: string) => {
    const who = applicant({ requester });
    let isIn = false;
    admission.line(who, () => {
      isIn = true;
    });
    return { isIn: () => isIn, leave: () => admission.leave(who.requestId) };
  };
  const crowd = Array.from({ length: 10_000 }, () => enter('a'));
  assert.deepEqual([admission.inside, admission.waiting], [8, 9_992]);
  const [b, second, c, d] = [enter('b'), enter('b'), enter('c'), enter('d')];
  assert.deepEqual(
    [b, second, c, d].map(({ isIn }) => isIn()),
    [true, false, true, false],
  );
  b.leave();
  // Its place was beyond the window: those inside have to become fewer first.
  assert.deepEqual([admission.inside, second.isIn(), d.isIn()], [9, false, false]);
  for (const each of crowd.slice(0, 3)) each.leave();
  // 'a' had waited before they came. Then each has its turn.
  assert.deepEqual([admission.inside, second.isIn(), d.isIn()], [8, true, false]);
});
