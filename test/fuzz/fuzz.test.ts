// Hostile bytes at every entrance of a running service: what was found once is tried first, then a bounded number of new inputs.
// `npm run fuzz` goes on without an end. FUZZ_SEED repeats a run's inputs.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { holdingClock } from '../../src/clock.js';
import { attempt, reportOf } from './attempt.js';
import { attestationTargets } from './attestation.target.js';
import { loadFixtures } from './fixtures.js';
import { assertNothingElse } from './ledger.js';
import { growthOf, mostGrowth } from './memory.js';
import { createSubject, type Subject } from './subject.js';
import { targets } from './targets.js';

const seed = Number(process.env['FUZZ_SEED'] ?? holdingClock.now() % 2 ** 31);
/** Of each target, twice: about half a minute of one core in all. */
const runs: Readonly<Record<string, number>> = {
  messages: 350,
  framing: 250,
  frames: 350,
  http1: 300,
  uploads: 120,
  'sealed body': 150,
  upstream: 150,
  // In this process, and some microseconds each.
  forwarded: 2_000,
  network: 250,
  ...Object.fromEntries(attestationTargets.map(({ name }) => [name, 80])),
};
/** What must be seen, or the inputs have not come anywhere: deep inside every entrance, good and bad. */
const everySeen = [
  'RequestProof: ok',
  'RequestProof: invalidArgument',
  'CreateProgram: ok',
  'framing: ok',
  'framing: invalidArgument',
  'frames: answered',
  'http1: 200',
  'http1: 400',
  'uploads: stdin 200',
  'uploads: stdin 422',
  'uploads: program 200',
  'uploads: program 422',
  ...['upload', 'download', 'call'].flatMap((of) => [`sealed ${of}: opened`, `sealed ${of}: refused`]),
  'sealed answer: refused',
  ...['answered', 'refused', 'broken off'].map((outcome) => `upstream: ${outcome}`),
  ...['own proxy', 'https:', 'http:', 'refused'].map((outcome) => `forwarded: ${outcome}`),
  ...['message', 'status', 'wire', 'store'].flatMap((of) => [`network ${of}: read`, `network ${of}: refused`]),
  ...attestationTargets.flatMap(({ name }) => [`${name}: read`, `${name}: refused`]),
];

describe('a service under any bytes', { timeout: 1_100_000 }, () => {
  let subject: Subject;
  before(async () => {
    subject = await createSubject();
  });
  after(() => subject.end());

  for (const { name, target, input, times } of loadFixtures()) {
    it(`withstands what was found once: ${name}`, async () => {
      for (let time = 0; time < times; time++) await subject.survive(() => target.check(input, subject));
    });
  }

  const round = async (offset: number) => {
    for (const target of targets) {
      const finding = await attempt(target, { subject, runs: runs[target.name] ?? 0, seed: seed + offset });
      assert.equal(finding && reportOf(finding), undefined);
    }
  };

  it(`answers and lives on, and keeps no memory and no files of it (FUZZ_SEED=${seed})`, async (t) => {
    await round(0);
    const first = await subject.memory();
    await round(1);
    const growth = growthOf(first, await subject.memory());
    t.diagnostic(JSON.stringify(Object.fromEntries([...subject.seen].sort())));
    t.diagnostic(`the second half has left ${growth.megabytes} MiB and ${growth.descriptors} descriptors`);
    assert.deepEqual(
      everySeen.filter((what) => !subject.seen.has(what)),
      [],
    );
    assert.ok(growth.megabytes <= mostGrowth.megabytes, `it has grown by ${growth.megabytes} MiB`);
    assert.ok(growth.descriptors <= mostGrowth.descriptors, `${growth.descriptors} descriptors more`);
    await subject.stop();
    await assertNothingElse(subject.rig.data, subject.ledger);
  });
});
