// The stock Rust sp1-sdk in Reserved mode through the front, to the fake network, and back. The proof is a fake groth16 one, which the SDK
// decodes and would not verify.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { FulfillmentStatus } from '../../src/gen/network/network_pb.js';
import { type Address, parseRequestId } from '../../src/ids.js';
import { type NetworkRig, startNetworkRig } from '../../src/testkit/fakeNetwork/networkRig.js';
import { fakePublicValuesOfU32, fibonacci, fibonacciVk, runSdk } from '../../src/testkit/sdk/rustSdk.js';

/** Of the key with which the client signs when it is given none. */
const clientAddress = '1a642f0e3c3af545e7acbd38b07251b3990914f1' as Address;

describe('sp1-sdk 6.10.0 through a private front', { timeout: 600_000 }, () => {
  let made: NetworkRig;
  before(async () => {
    made = await startNetworkRig({ script: { vk: await fibonacciVk() } });
  });
  after(() => made.end());

  const sdk = (value: number, ...more: string[]) => {
    const program = ['--program', fibonacci, '--input-u32', `${value}`, '--proof-mode', 'groth16'];
    const options = ['--url', made.rig.url, '--network', 'reserved', '--strategy', 'reserved'];
    return runSdk(['prove', ...program, ...options, '--skip-simulation', '--no-verify', ...more]);
  };

  it('T27: without a reservation it ends at once, in the words of the network', async () => {
    const { report } = await sdk(801, '--expect', 'refused');
    assert.match(report.error?.text ?? '', /no reservation found for requester/);
    assert.equal(made.network.ledger.requests.size, 0);
  });

  it('T1, T5: gets its proof from here, under an id of the network that has it once, though the answer was lost', async () => {
    made.network.control.addReservation(clientAddress, made.prover);
    made.network.faults.set('RequestProof', { kind: 'lostAfter' });
    const { code, report } = await sdk(802);
    assert.equal(code, 0, JSON.stringify(report));
    assert.equal(report.publicValues, fakePublicValuesOfU32(802));
    const id = parseRequestId(report.requestId ?? '');
    assert.ok(id);
    const found = made.network.ledger.requests.get(id);
    await made.network.record.waitFor(() => found?.fulfillment === FulfillmentStatus.FULFILLED);
    assert.deepEqual([found?.accepted, made.network.ledger.requests.size], [1, 1]);
    assert.deepEqual(made.network.invariants(), []);
  });
});
