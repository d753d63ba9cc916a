import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Refusals } from './refusals.js';

const minute = 60_000;

test('refusals in a row mean an ill engine only when they are of several programs', () => {
  const refusals = new Refusals();
  const note = (program: string, isRefusal = true, at = 0) => refusals.note(program, isRefusal, at);
  assert.deepEqual([note('a'), note('a'), note('a')], [false, false, false]);
  assert.equal(note('b'), true);
  refusals.forget();
  assert.deepEqual([note('a'), note('b'), note('c', false), note('a'), note('b')], Array(5).fill(false));
});

test('bad programs cannot have an engine restarted again and again', () => {
  const refusals = new Refusals();
  const round = (at: number) => ['a', 'b', 'c'].map((program) => refusals.note(program, true, at)).includes(true);
  assert.deepEqual([round(0), round(minute), round(9 * minute), round(10 * minute)], [true, false, false, true]);
});
