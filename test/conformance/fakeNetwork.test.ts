// The stock Rust sp1-sdk on the fake network itself, without a service of ours in between: the proof that the fake is honest. It registers a
// program, uploads, asks in Reserved mode and in hosted mode, and takes the proof that a prover delivers. The proof is a fake groth16
// one, which the SDK decodes and would not verify.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { Address } from '../../src/ids.js';
import { bytesOf } from '../../src/ids.js';
import { sampleStdin } from '../../src/testkit/artifacts/sampleArtifacts.js';
import { fakeProof, fakePublicValues } from '../../src/testkit/engine/fakeProof.js';
import { createFakeFulfiller, type FakeFulfiller } from '../../src/testkit/fakeNetwork/fakeFulfiller.js';
import { type FakeNetwork, startFakeNetwork } from '../../src/testkit/fakeNetwork/fakeNetwork.js';
import { fibonacci, runSdk } from '../../src/testkit/sdk/rustSdk.js';

/** Of the key with which the client signs when it is given none. */
const clientAddress = '1a642f0e3c3af545e7acbd38b07251b3990914f1' as Address;
const value = 700;
const input = Buffer.alloc(4);
input.writeUInt32LE(value);
const stdin = sampleStdin(input);

describe('sp1-sdk 6.10.0 on the fake network', () => {
  let network: FakeNetwork;
  let prover: FakeFulfiller;
  beforeEach(async () => {
    network = await startFakeNetwork();
    prover = createFakeFulfiller(network.url, 4);
  });
  afterEach(async () => {
    prover.close();
    await network.close();
  });

  const sdk = (strategy: string, ...more: string[]) => {
    const program = ['--program', fibonacci, '--input-u32', `${value}`, '--proof-mode', 'groth16'];
    const options = ['--url', network.url, '--network', 'reserved', '--strategy', strategy];
    return runSdk(['prove', ...program, ...options, '--skip-simulation', '--no-verify', ...more]);
  };

  /** Waits for the one request, and delivers. */
  async function deliver(): Promise<void> {
    await network.record.waitFor(() => network.ledger.requests.size === 1);
    const [requestId] = network.ledger.requests.keys();
    assert.ok(requestId);
    const proof = fakeProof(readFileSync(fibonacci), stdin, 'groth16', 200);
    const answer = await prover.fulfill({ nonce: 0n, requestId: bytesOf(requestId), proof });
    assert.equal(answer.status, 'OK', answer.detail);
  }

  for (const strategy of ['reserved', 'hosted']) {
    it(`takes a proof in Reserved mode with strategy ${strategy}`, { timeout: 600_000 }, async () => {
      network.control.addReservation(clientAddress, prover.signer.address);
      network.control.hosted = prover.signer.address;
      const [{ code, report }] = await Promise.all([sdk(strategy), deliver()]);
      assert.equal(code, 0, JSON.stringify(report));
      assert.equal(report.outcome, 'fulfilled');
      assert.equal(report.publicValues, fakePublicValues(stdin).toString('hex'));
      assert.deepEqual(network.invariants(), []);
    });
  }

  it('T27: has the final words of the network when it has no reservation', { timeout: 600_000 }, async () => {
    const { report } = await sdk('reserved', '--expect', 'refused');
    assert.match(report.error?.text ?? '', /no reservation found for requester/);
    assert.equal(network.record.of('RequestProof').length, 1);
  });
});
