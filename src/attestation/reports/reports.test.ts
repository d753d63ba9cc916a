// Reports: what they are over, how long a cached one is given out, and that a verifier takes them.
import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { fail } from '../../failures/fail.js';
import { FailureError } from '../../failures/failureError.js';
import { createLog } from '../../log.js';
import { systemRandom } from '../../random.js';
import { SimulatedClock } from '../../testkit/world/simulatedClock.js';
import { createDevPki, type DevPki } from '../dev/devPki.js';
import type { CheckedQuote } from '../providers/checkedQuote.js';
import { toHex } from '../verify/bytes.js';
import { sha256 } from '../verify/crypto.js';
import { decodeReport } from '../verify/report/decodeReport.js';
import { reportData } from '../verify/reportData.js';
import { evidenceJson, reportHeaders } from './report.js';
import { createReports, type Reports, type SentReport } from './reports.js';

const statement = new Uint8Array(Buffer.from('{"service":"sealed-prover"}'));
const nonce = Uint8Array.from({ length: 32 }, (_, i) => i);
const [key, otherKey] = [new Uint8Array(32).fill(0xaa), new Uint8Array(32).fill(0xbb)];
const minute = 60_000;

let clock: SimulatedClock;
let pki: DevPki;
let asked: string[];
let isBroken: boolean;
let reports: Reports;
beforeEach(() => {
  clock = new SimulatedClock();
  pki = createDevPki(clock.now(), systemRandom);
  asked = [];
  isBroken = false;
  const queue = {
    async quote(data: Uint8Array): Promise<CheckedQuote> {
      asked.push(toHex(data));
      if (isBroken) throw new FailureError(fail('QUOTE_UNAVAILABLE', { problem: 'it is broken' }));
      return { quote: pki.quote({ reportData: toHex(data) }) };
    },
    close: () => undefined,
  };
  reports = createReports({ queue, statement, clock, log: createLog('silent') });
});

const expected = async (parts: { nonce?: Uint8Array; spki?: Uint8Array }) =>
  toHex(await reportData({ ...parts, statement: await sha256(statement) }));

describe('a report', () => {
  it('is over nonce, TLS key and statement, and its header is a quote and nothing else', async () => {
    const { headers, evidence } = await reports.fresh(nonce, key);
    assert.deepEqual(asked, [await expected({ nonce, spki: key })]);
    const { quote } = JSON.parse(evidence) as { quote: string };
    assert.deepEqual(
      await decodeReport(headers['attestation-report'] ?? ''),
      new Uint8Array(Buffer.from(quote, 'base64')),
    );
    assert.equal(
      headers['attestation-binding'],
      `v=1; spki=${toHex(key)}; body=-; nonce=${toHex(nonce)}; statement=${toHex(await sha256(statement))}`,
    );
  });

  it('has every property of the evidence, null where there is nothing', async () => {
    const evidence = JSON.parse((await reports.fresh(nonce, undefined)).evidence);
    assert.deepEqual(
      { ...evidence, quote: '' },
      {
        version: 1,
        platform: 'tdx',
        nonce: toHex(nonce),
        quote: '',
        keys: { tls_spki_sha256: null, body_x25519: null },
        statement: Buffer.from(statement).toString('base64'),
        event_log: null,
        vm_config: null,
        app_compose: null,
        collateral: null,
      },
    );
  });

  it('shows the compose file as the text that was measured', () => {
    const appCompose = '{"a":1,  "b":"\\u00e9"}\n';
    const json = evidenceJson({ quote: { quote: new Uint8Array(1), appCompose }, binding: {}, statement });
    assert.equal((JSON.parse(json) as { app_compose: string }).app_compose, appCompose);
  });

  it('that is too long for a header is left out of it', () => {
    // What gzip cannot make shorter.
    const quote = new Uint8Array(Array.from({ length: 12_288 }, (_, i) => (i * i * 31 + (i >> 3) * 17) & 0xff));
    const { headers, isCut } = reportHeaders({ quote: { quote }, binding: {}, statement });
    if (!isCut) assert.ok((headers['attestation-report'] ?? '').length < 12_288);
    const random = { quote: crypto.getRandomValues(new Uint8Array(10_000)) };
    const cut = reportHeaders({ quote: random, binding: {}, statement });
    assert.deepEqual(Object.keys(cut.headers), ['attestation-binding']);
    const short = reportHeaders({ quote: { quote: quote.subarray(0, 5_000) }, binding: {}, statement });
    assert.deepEqual(
      gunzipSync(Buffer.from(short.headers['attestation-report'] ?? '', 'base64')),
      Buffer.from(quote.subarray(0, 5_000)),
    );
  });
});

describe('a cached report', () => {
  it('is over no nonce, is made once for all who ask, and is another one for another key', async () => {
    const same = await Promise.all([reports.cached(key), reports.cached(key), reports.cached(key)]);
    assert.ok(same.every((report) => report === same[0]));
    assert.equal(await reports.cached(key), same[0]);
    await reports.cached(otherKey);
    await reports.cached(undefined);
    assert.deepEqual(asked, [await expected({ spki: key }), await expected({ spki: otherKey }), await expected({})]);
  });

  it('is given out for ten minutes, and replaced in the background from the fifth on', async () => {
    const first = await reports.cached(key);
    await clock.advance(5 * minute - 1);
    await reports.cached(key);
    assert.equal(asked.length, 1);
    await clock.advance(1);
    assert.equal(await reports.cached(key), first);
    await settled();
    assert.equal(asked.length, 2);
    const second = await reports.cached(key);
    assert.notEqual(second, first);
  });

  it('is never given out when it is older, also where no other one can be had', async () => {
    await reports.cached(key);
    isBroken = true;
    await clock.advance(10 * minute - 1);
    await reports.cached(key);
    await settled();
    await clock.advance(1);
    await assert.rejects(reports.cached(key), FailureError);
  });

  it('that could not be made is tried again after 5 s, and until then no client waits', async () => {
    isBroken = true;
    await assert.rejects(reports.cached(key), FailureError);
    await clock.advance(4_999);
    await assert.rejects(reports.cached(key), FailureError);
    assert.equal(asked.length, 1);
    isBroken = false;
    await clock.advance(1);
    await reports.cached(key);
    assert.equal(asked.length, 2);
  });

  it('is made anew once a key has changed', async () => {
    const before = await reports.cached(key);
    reports.flush();
    assert.notEqual(await reports.cached(key), before);
    assert.equal(asked.length, 2);
  });

  it('stands in for no fresh one', async () => {
    await reports.cached(key);
    isBroken = true;
    await assert.rejects(reports.fresh(nonce, key) as Promise<SentReport>, FailureError);
  });
});

/** Digests of WebCrypto come by threads. */
async function settled(): Promise<void> {
  const before = asked.length;
  for (let turn = 0; turn < 200 && asked.length === before; turn += 1) await clock.settle();
  for (let turn = 0; turn < 20; turn += 1) await clock.settle();
}
