// The stock Rust sp1-sdk through a private front, with the real engine: the proof is real, the SDK verifies it, and the network gets the same.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { createSigner } from '../../src/client/signer.js';
import { FulfillmentStatus } from '../../src/gen/network/network_pb.js';
import { startFakeNetwork } from '../../src/testkit/fakeNetwork/fakeNetwork.js';
import { freePort } from '../../src/testkit/freePort.js';
import { fibonacci, runSdk } from '../../src/testkit/sdk/rustSdk.js';
import { startRealService } from '../../src/testkit/service/realService.js';
import { temporaryFolder } from '../../src/testkit/temporaryFolder.js';

const proverKey = '04'.repeat(32);
const clientKey = '05'.repeat(32);

it('T1: sp1-sdk 6.10.0 gets and verifies a core proof through a front, and the network has it once', async (t) => {
  const network = await startFakeNetwork();
  t.after(() => network.close());
  network.control.addReservation(createSigner(clientKey).address, createSigner(proverKey).address);
  const folder = temporaryFolder('front');
  const keyFile = join(folder, 'key');
  writeFileSync(keyFile, `0x${proverKey}\n`, { mode: 0o600 });
  const port = await freePort();
  const flags = ['--network-url', network.url, '--network-key-file', keyFile];
  const service = await startRealService(
    [...flags, '--public-url', `http://127.0.0.1:${port}`],
    join(folder, 'data'),
    port,
  );
  t.after(() => service.stop());

  const program = ['--program', fibonacci, '--input-u32', '20', '--proof-mode', 'core'];
  const connection = [
    '--url',
    service.url,
    '--key',
    `0x${clientKey}`,
    '--network',
    'reserved',
    '--strategy',
    'reserved',
  ];
  const { code, report } = await runSdk(['prove', ...connection, ...program]);
  assert.equal(code, 0, JSON.stringify(report));
  assert.deepEqual([report.verified, report.publicValues], [true, '140000006d1a0000c22a0000']);

  const [request, ...more] = network.ledger.requests.values();
  assert.deepEqual(more, []);
  await network.record.waitFor(() => request?.fulfillment === FulfillmentStatus.FULFILLED);
  assert.equal(request?.accepted, 1);
  assert.deepEqual(network.invariants(), []);
});
