// Quotes of the development PKI: the verifier takes them when it is given their root, and otherwise never.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import { systemRandom } from '../../random.js';
import { SimulatedClock } from '../../testkit/world/simulatedClock.js';
import { verifyQuote } from '../verify/verifyQuote.js';
import { devProvider } from './devProvider.js';

const day = 86_400_000;
const reportData = new Uint8Array(64).fill(5);
const measurements = { mrTd: 'a1'.repeat(48), rtmr3: 'a2'.repeat(48) };
const signal = new AbortController().signal;

async function quoted(clock: SimulatedClock, provider = devProvider({ measurements, clock, random: systemRandom })) {
  const { quote, collateral } = await provider.quote(reportData, signal);
  const roots = [createHash('sha256').update(provider.root).digest('hex')];
  return { quote, collateral: JSON.stringify(collateral), now: clock.now() / 1000, roots };
}

describe('a development quote', () => {
  it('verifies under its root, is up to date, and says what it was told to', async () => {
    const claims = await verifyQuote(await quoted(new SimulatedClock()));
    assert.equal(claims.tcbStatus, 'UpToDate');
    assert.deepEqual(claims.td.reportData, reportData);
    assert.equal(Buffer.from(claims.td.mrTd).toString('hex'), measurements.mrTd);
    assert.equal(Buffer.from(claims.td.rtmr[3]).toString('hex'), measurements.rtmr3);
  });

  it('does not verify without its root, nor under that of another start', async () => {
    const clock = new SimulatedClock();
    const { roots, ...own } = await quoted(clock);
    const other = await quoted(clock);
    await assert.rejects(verifyQuote(own), { code: 'CERT_CHAIN_INVALID' });
    await assert.rejects(verifyQuote({ ...own, roots: other.roots }), { code: 'CERT_CHAIN_INVALID' });
  });

  it('has collateral that is current, however long the service runs', async () => {
    const clock = new SimulatedClock();
    const provider = devProvider({ measurements, clock, random: systemRandom });
    for (const days of [0, 20, 20, 400]) {
      await clock.advance(days * day);
      const claims = await verifyQuote(await quoted(clock, provider));
      assert.ok((claims.collateralEndsAt ?? 0) * 1000 - clock.now() > 28 * day);
    }
  });
});
