// Reports whose proofs are too large to hold, on the fake network, which checks every byte of them.
import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { FulfillmentStatus, FulfillmentStrategy } from '../gen/network/network_pb.js';
import type { RequestId } from '../ids.js';
import { meet, type Parties } from '../testkit/fakeNetwork/parties.js';
import { expectedProof, stdinOf } from '../testkit/service/serviceRequests.js';
import { createLargeReports, type LargeReports } from './largeReports.js';

const nobody = 'aa'.repeat(32) as RequestId;

describe('large reports', { timeout: 300_000 }, () => {
  let parties: Parties;
  let reports: LargeReports;
  beforeEach(async () => {
    parties = await meet();
    reports = createLargeReports({ url: new URL(parties.network.url) });
  });
  afterEach(async () => {
    await reports.close();
    await parties.part();
  });

  const report = (networkId: RequestId, proof: Uint8Array, nonce = 0n) => ({
    networkId,
    nonce,
    signer: parties.prover.signer,
    sizeBytes: proof.byteLength,
    open: async () => Readable.from([proof.subarray(0, 3), proof.subarray(3)], { objectMode: false }),
  });
  const ask = async () => {
    await parties.requester.register();
    return parties.requester.submit(stdinOf('large'), { strategy: FulfillmentStrategy.RESERVED });
  };

  it('the message of a thread is the vector, byte for byte', async () => {
    const answer = await reports.fulfil(report(nobody, Buffer.from('01020304', 'hex'), 9n));
    assert.equal(answer.ok, false);
    const signature =
      'f5f32b77d38b2e004daa3d81eb8d58166f5315458ae1e79e4be50d42e5ed8e6a214854c29e001fc9bfe123e576542852f3eaf408d3464d961328c8ace1eb0b761c';
    const sent = Buffer.from(parties.network.record.calls.at(-1)?.raw ?? []).toString('hex');
    assert.equal(sent, `08011241${signature}1a2a08091220${nobody}1a0401020304`);
    assert.deepEqual(parties.network.invariants(), []);
  });

  it('rule 17: a proof of many megabytes is accepted whole, with the first nonce, which is no field', async () => {
    const requestId = await ask();
    const proof = expectedProof(stdinOf('large'), 12 * 2 ** 20);
    const answer = await reports.fulfil(report(requestId, proof));
    assert.ok(answer.ok, JSON.stringify(answer));
    const request = parties.network.ledger.requests.get(requestId);
    assert.equal(request?.fulfillment, FulfillmentStatus.FULFILLED);
    assert.ok(request?.proofArtifact?.bytes?.equals(proof));
  });

  it('T43, F21: a refusal is that of the network, with both sizes', async () => {
    const requestId = await ask();
    parties.network.control.turn({ messageLimitBytes: 4 * 2 ** 20 });
    const answer = await reports.fulfil(report(requestId, expectedProof(stdinOf('large'), 6 * 2 ** 20)));
    assert.ok(!answer.ok);
    assert.equal(answer.code, 11);
    assert.match(answer.text, /message length too large: found 6\d{6} bytes, the limit is: 4194304 bytes/);
  });

  it('F2, F3, F8, F9: whatever breaks off is no verdict', async () => {
    const requestId = await ask();
    const proof = expectedProof(stdinOf('large'));
    for (const fault of [
      { kind: 'lostBefore' },
      { kind: 'http', status: 503 },
      { kind: 'reset' },
      { kind: 'status', name: 'unavailable', text: 'away', effect: false },
      { kind: 'cut' },
    ] as const) {
      parties.network.faults.set('FulfillProof', fault);
      const answer = await reports.fulfil(report(requestId, proof));
      assert.ok(!answer.ok, fault.kind);
      assert.ok([2, 13, 14].includes(answer.code), `${fault.kind}: ${answer.code} ${answer.text}`);
    }
    // The last one was cut within its answer.
    assert.equal(parties.network.ledger.requests.get(requestId)?.accepted, 1);
  });

  it('F10: a port that is closed is no verdict either', async () => {
    await parties.network.away();
    const answer = await reports.fulfil(report(nobody, Buffer.alloc(9)));
    assert.deepEqual(answer.ok ? answer : answer.code, 14);
  });

  it('sends nothing when the proof cannot be read, and not all of it when it breaks off', async () => {
    const requestId = await ask();
    const proof = expectedProof(stdinOf('large'));
    const broken = () =>
      Readable.from(
        (async function* () {
          yield proof.subarray(0, 9);
          throw new Error('the disk is gone');
        })(),
        { objectMode: false },
      );
    const whole = report(requestId, proof);
    await assert.rejects(reports.fulfil({ ...whole, open: async () => broken() }));
    let times = 0;
    const open = async () => (times++ === 0 ? whole.open() : broken());
    const answer = await reports.fulfil({ ...whole, open });
    assert.deepEqual(answer.ok ? answer : answer.code, 14);
    assert.deepEqual(
      parties.network.record.of('FulfillProof').filter(({ verdict }) => verdict === 'accepted'),
      [],
    );
    assert.equal(parties.network.ledger.requests.get(requestId)?.accepted, 0);
  });
});
