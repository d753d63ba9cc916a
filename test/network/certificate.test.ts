// F24 at the front: the certificate of the network has expired. It is a network that is away, and its reason is in the log.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { FulfillmentStatus } from '../../src/gen/network/network_pb.js';
import { reserved, startNetworkRig } from '../../src/testkit/fakeNetwork/networkRig.js';
import { expectedProof, stdinOf } from '../../src/testkit/service/serviceRequests.js';
import { temporaryFolder } from '../../src/testkit/temporaryFolder.js';
import { certificateOf, testCa } from '../../src/testkit/testCertificates.js';

it('F24: with an expired certificate of the network nothing is sent, clients get their proofs from here, and reports flow when it is renewed', {
  timeout: 120_000,
}, async (t) => {
  const expired = certificateOf('server-expired');
  // Both are trusted, so that it is for its time alone that one is refused.
  const trusted = join(temporaryFolder('authorities'), 'ca.pem');
  writeFileSync(trusted, `${testCa()}\n${expired.cert}`);
  const made = await startNetworkRig({
    network: { certificate: certificateOf('server') },
    environment: { NODE_EXTRA_CA_CERTS: trusted, GRPC_DEFAULT_SSL_ROOTS_FILE_PATH: trusted },
    // Long enough for the certificate to expire meanwhile.
    script: { rules: [{ on: 'prove', delayMs: 2_000 }] },
  });
  t.after(() => made.end());
  const requester = made.requester(1);
  await requester.register();
  const id = await requester.submit(stdinOf('while it expires'), reserved);

  made.network.renew(expired);
  await made.network.away();
  await made.network.back();
  const { proofUrl } = await requester.client.waitProof(id);
  assert.deepEqual(await requester.fetchProof(proofUrl), expectedProof(stdinOf('while it expires')));
  const { text } = await made.service.until(({ event }) => event === 'network.unreachable');
  assert.match(text, /certificate has expired/);
  assert.equal(made.request(id).accepted, 0);
  assert.equal(made.network.record.of('FulfillProof').length, 0);

  made.network.renew(certificateOf('server'));
  await made.network.record.waitFor(() => made.request(id).fulfillment === FulfillmentStatus.FULFILLED);
  assert.equal(made.request(id).accepted, 1);
  assert.deepEqual(made.network.invariants([Buffer.from('while it expires')]), []);
});
