// Collateral of `attest verify` and `attest collateral`: from a PCCS, cached by its window, offline within it, and what a PCCS can do wrong.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { type AttestCli, attestCli } from '../../testkit/attestation/attestCli.js';
import { type FakePccs, startFakePccs } from '../../testkit/attestation/fakePccs.js';
import { createMockCase, type MockChanges, mockNow } from '../../testkit/attestation/mockPki.js';
import { SimulatedClock } from '../../testkit/world/simulatedClock.js';

const day = 86_400;
let cli: AttestCli;
let pccs: FakePccs;
let quote: string;
let root: string;
const good = createMockCase();
beforeEach(async () => {
  cli = attestCli();
  pccs = await startFakePccs(good.collateral);
  quote = cli.write(good.quote);
  root = cli.write(good.rootDer);
});
afterEach(() => pccs.close());

const wordsAt = (now: number) => [
  '--quote',
  quote,
  '--insecure-dev-root',
  root,
  '--pccs',
  pccs.url,
  '--time',
  String(now),
];
const verify = (now = mockNow) => cli.verdict(...wordsAt(now));
const changed = (changes: MockChanges) => createMockCase(changes).collateral;
const unavailable = ['collateral.freshness COLLATERAL_UNAVAILABLE'];

describe('collateral from a PCCS', () => {
  it('is fetched once, cached, and used without a network to the end of its window', async () => {
    assert.deepEqual([(await verify()).exitCode, pccs.asked.length], [0, 4]);
    assert.deepEqual([(await verify(mockNow + day)).exitCode, pccs.asked.length], [0, 4]);
    pccs.close();
    assert.equal((await verify(mockNow + 28 * day)).exitCode, 0);
    const { codes, exitCode } = await verify(mockNow + 30 * day);
    assert.deepEqual([codes, exitCode], [unavailable, 3]);
  });

  it('is asked for anew from half of its window on', async () => {
    await verify();
    await verify(mockNow + 15 * day);
    assert.equal(pccs.asked.length, 8);
  });

  for (const mood of ['failing', 'cut', 'endless'] as const) {
    it(`T29: one that is ${mood} leaves it unchecked, and what is cached is used`, async () => {
      pccs.mood = mood;
      const { codes, exitCode, checks, level } = await verify();
      assert.deepEqual([codes, exitCode, level], [unavailable, 3, 'none']);
      assert.ok(checks.filter(({ status }) => status === 'ok').every(({ id }) => ['quote.format'].includes(id)));
      const table = await cli.run('verify', ...wordsAt(mockNow));
      assert.match(table.out, /^NOT CHECKED: something was out of reach, and nothing wrong was found/m);
      pccs.mood = 'honest';
      await verify();
      pccs.mood = mood;
      assert.equal((await verify(mockNow + 16 * day)).exitCode, 0);
    });
  }

  it('T27: one that answers less than is known is refused', async () => {
    await verify();
    pccs.collateral = changed({
      tcbInfo: (info) => {
        info.tcbEvaluationDataNumber = 19;
      },
    });
    const { codes, exitCode } = await verify(mockNow + 16 * day);
    assert.deepEqual([codes, exitCode], [['collateral.freshness COLLATERAL_TOO_OLD'], 1]);
  });

  it('T27: a forged one is refused, and not kept', async () => {
    const forged = JSON.parse(good.collateral);
    forged.tcb_info = forged.tcb_info.replace('"tcbEvaluationDataNumber":20', '"tcbEvaluationDataNumber":99');
    pccs.collateral = JSON.stringify(forged);
    assert.deepEqual((await verify()).codes, ['collateral.signature COLLATERAL_SIGNATURE_INVALID']);
    pccs.collateral = good.collateral;
    assert.equal((await verify()).exitCode, 0);
  });

  it('T27: one of another platform is refused', async () => {
    pccs.collateral = changed({
      tcbInfo: (info) => {
        info.fmspc = '00806F050000';
      },
    });
    assert.deepEqual((await verify()).codes, ['collateral.match COLLATERAL_MISMATCH']);
  });

  it('a cached file that was damaged is fetched again', async () => {
    await verify();
    const folder = join(cli.folder, 'sealed-prover/attestation/collateral');
    const [name, ...more] = readdirSync(folder);
    assert.deepEqual(more, []);
    assert.match(name ?? '', /^b0c06f000000-platform-[0-9a-f]{16}\.json$/);
    writeFileSync(join(folder, name ?? ''), '{');
    assert.deepEqual([(await verify()).exitCode, pccs.asked.length], [0, 8]);
  });
});

describe('a PCCS that is silent', () => {
  it('T29: is given up after ten seconds, with a code', async () => {
    const clock = new SimulatedClock(mockNow * 1000);
    const slow = attestCli({ clock });
    pccs.mood = 'silent';
    const run = slow.verdict(...wordsAt(mockNow));
    while (pccs.asked.length < 4) await new Promise((resolve) => setImmediate(resolve));
    await clock.advance(5_000);
    while (pccs.asked.length < 8) await new Promise((resolve) => setImmediate(resolve));
    await clock.advance(5_000);
    assert.deepEqual((await run).codes, unavailable);
  });
});

describe('attest collateral', () => {
  it('writes a set that verifies the quote without a network', async () => {
    const out = join(cli.folder, 'set.json');
    const words = ['--pccs', pccs.url, '--out', out, '--time', String(mockNow)];
    assert.equal((await cli.run('collateral', quote, ...words)).exitCode, 0);
    assert.deepEqual(JSON.parse(readFileSync(out, 'utf8')), JSON.parse(good.collateral));
    pccs.close();
    const again = ['--quote', quote, '--collateral', out, '--insecure-dev-root', root, '--time', String(mockNow)];
    assert.equal((await cli.verdict(...again)).exitCode, 0);
  });

  it('says what could not be had, with exit code 3', async () => {
    pccs.mood = 'failing';
    const { exitCode, err } = await cli.run('collateral', quote, '--pccs', pccs.url, '--out', join(cli.folder, 'none'));
    assert.equal(exitCode, 3);
    assert.match(err, /No collateral for b0c06f000000: http:\S+ it answers HTTP 500\. Try again later/);
  });
});
