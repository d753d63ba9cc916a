// What a large proof, and a large input, cost the service in network mode: neither is ever held.
import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { it } from 'node:test';
import { upload } from '../../src/client/upload.js';
import { ArtifactType } from '../../src/gen/artifact/artifact_pb.js';
import { FulfillmentStatus } from '../../src/gen/network/network_pb.js';
import { sampleStdin } from '../../src/testkit/artifacts/sampleArtifacts.js';
import { reserved, startNetworkRig } from '../../src/testkit/fakeNetwork/networkRig.js';
import { inspectable, liveMemory } from '../../src/testkit/service/liveMemory.js';

const megabyte = 2 ** 20;
const proofBytes = 8 * megabyte;
const inputBytes = 8 * megabyte;
/** Half of either, and above what a busy service has in its hands. */
const mostGrowth = 4 * megabyte;

it('rule 17: a large input under way, and a large proof under way, are not held by the service', {
  timeout: 600_000,
}, async (t) => {
  const made = await startNetworkRig({
    script: { proofFillerBytes: proofBytes },
    environment: inspectable,
    network: { switches: { messageLimitBytes: 2 * proofBytes } },
  });
  t.after(() => made.end());
  const { network, service } = made;
  const requester = made.requester(1);
  await requester.register();
  const before = await liveMemory(service);
  async function assertUnchanged(when: string): Promise<void> {
    const growth = (await liveMemory(service)) - before;
    t.diagnostic(`${when}: ${Math.round(growth / 1024)} KiB more`);
    assert.ok(growth < mostGrowth, `it holds ${Math.round(growth / megabyte)} MB more ${when}`);
  }

  const stdin = sampleStdin(Buffer.alloc(inputBytes, 7));
  async function* slowly() {
    yield stdin.subarray(0, 3 * (stdin.byteLength >> 2));
    await assertUnchanged('while an input comes');
    yield stdin.subarray(3 * (stdin.byteLength >> 2));
  }
  const body = { sizeBytes: stdin.byteLength, open: () => Readable.from(slowly(), { objectMode: false }) };
  const stdinUri = await upload(requester.context, { type: ArtifactType.PRIVATE_STDIN, body });

  // It is there whole, and its sender waits for the answer.
  network.faults.set('FulfillProof', { kind: 'silentAfter' });
  const id = await requester.ask(stdinUri, reserved);
  const request = network.ledger.requests.get(id);
  await network.record.waitFor(() => request?.fulfillment === FulfillmentStatus.FULFILLED);
  await assertUnchanged('while a proof is sent');
  assert.ok((request?.proofArtifact?.bytes?.byteLength ?? 0) > proofBytes);
  assert.deepEqual(network.invariants(), []);
});
