import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseDurationMs } from './duration.js';

test('a duration has its unit, milliseconds too', () => {
  const right: [string, number][] = [
    ['500ms', 500],
    ['60000ms', 60_000],
    ['0s', 0],
    ['90s', 90_000],
    ['15 m', 900_000],
    ['4h', 14_400_000],
    [' 7d\n', 604_800_000],
    ['36500d', 3_153_600_000_000],
  ];
  for (const [text, ms] of right) assert.equal(parseDurationMs(text), ms, text);
});

test('a number without a unit, a unit of others and a time beyond all dates are none', () => {
  for (const text of [
    '',
    '60',
    '60000',
    '-1s',
    '1.5h',
    '1h30m',
    '90sec',
    '15M',
    '1w',
    '5µs',
    '36501d',
    '999999999999d',
    's',
    '1e3s',
  ])
    assert.equal(parseDurationMs(text), undefined, text);
});
