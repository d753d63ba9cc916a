import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import { certificateOf } from '../testkit/testCertificates.js';
import { SimulatedClock } from '../testkit/world/simulatedClock.js';
import { problemWithDates, watchDates } from './certificateDates.js';

const day = 86_400_000;
const { cert: pem } = certificateOf('server');
const { validFrom, validTo } = new X509Certificate(pem);
const [from, to] = [Date.parse(validFrom), Date.parse(validTo)];

test('a certificate is told of three weeks before its end, after it, and before its begin', () => {
  const at = (now: number) => problemWithDates(pem, '/tls/cert.pem', now);
  assert.equal(at(to - 22 * day), undefined);
  assert.match(at(to - 20 * day) ?? '', /cert\.pem expires on \d{4}-\d\d-\d\d, in 20 days: put a new one in its place/);
  assert.match(at(to) ?? '', /has expired on \d{4}-\d\d-\d\d, and clients refuse it: put a new one/);
  assert.match(at(from - day) ?? '', /is valid from .* on only: check this machine's clock/);
});

test('it is said at once and every day', async () => {
  const clock = new SimulatedClock();
  const levels: string[] = [];
  const log = { warn: () => void levels.push('warn'), error: () => void levels.push('error') } as never;
  const now = () => to - 1.5 * day + clock.now() - start;
  const start = clock.now();
  const wakeIn = (ms: number, wake: () => void) => clock.wakeIn(ms, wake);
  const dates = watchDates(() => [{ pem, path: 'cert.pem' }], { clock: { now, wakeIn }, log });
  dates.look();
  await clock.advance(day);
  await clock.advance(day);
  assert.deepEqual(levels, ['warn', 'warn', 'error']);
  dates.close();
  await clock.advance(3 * day);
  assert.equal(levels.length, 3);
});
