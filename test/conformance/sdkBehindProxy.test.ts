// The stock Rust sp1-sdk through nginx, which ends TLS with a certificate of the tests. Calls trust what SSL_CERT_FILE names. Uploads trust
// Mozilla's roots and nothing else, so here they cannot succeed, and what can be seen is how they are tried: by TLS, at the proxy, and in
// no other way. The whole way of an input and a proof is in test/field/behindAProxy.test.ts.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { after, before, describe, it } from 'node:test';
import { holdingClock } from '../../src/clock.js';
import { fibonacci, runSdk } from '../../src/testkit/sdk/rustSdk.js';
import { required } from '../../src/testkit/service/realService.js';
import { createServiceRig, type ServiceProcess, type ServiceRig } from '../../src/testkit/service/serviceRig.js';
import { certificateFile } from '../../src/testkit/testCertificates.js';
import { type FieldProxy, nginxOfDocs, startNginx } from '../field/proxy.js';
import { needing } from '../field/tools.js';

const trusted = { SSL_CERT_FILE: certificateFile('test-ca') };
/** The SDK sets the program up first, which takes half a minute on a busy machine (ms). */
const uploadsWithinMs = 120_000;
const lookAgainMs = 100;
/** What nginx writes of a client that ends the handshake, as one does that does not know the certificate's issuer. */
const handshakeEnded = /while SSL handshaking/;

describe('sp1-sdk 6.10.0 through nginx with TLS', { timeout: 600_000, ...needing('nginx') }, () => {
  let rig: ServiceRig;
  let proxy: FieldProxy;
  before(async () => {
    rig = await createServiceRig();
    proxy = await startNginx(nginxOfDocs(`127.0.0.1:${rig.port}`));
  });
  after(async () => {
    await proxy.end();
    await rig.end();
  });

  /** What nginx writes while the SDK asks for a proof, until its first upload has been tried. */
  async function tried(): Promise<string> {
    const known = proxy.output().length;
    const work = ['--program', fibonacci, '--input-u32', '21', '--proof-mode', 'groth16', '--no-verify'];
    const args = ['prove', '--url', proxy.url, '--network', 'hosted', ...work];
    const client = spawn(required('CONFORMANCE_CLIENT'), args, {
      stdio: 'ignore',
      env: { ...process.env, ...trusted },
    });
    const closed = once(client, 'close');
    const givesUpAt = holdingClock.steady() + uploadsWithinMs;
    while (client.exitCode === null && holdingClock.steady() < givesUpAt) {
      if (handshakeEnded.test(proxy.output().slice(known))) break;
      await new Promise<void>((resolve) => holdingClock.wakeIn(lookAgainMs, resolve));
    }
    // It would try for two minutes.
    client.kill('SIGKILL');
    await closed;
    return proxy.output().slice(known);
  }

  for (const [how, flags] of [
    ['without --public-url', () => ({})],
    ['with --public-url', () => ({ 'public-url': proxy.url })],
  ] as const) {
    it(`${how}: calls are answered, and an upload is tried by TLS alone`, async () => {
      const service: ServiceProcess = await rig.serve(flags());
      const { code, report } = await runSdk(['account', '--url', proxy.url, '--network', 'mainnet'], trusted);
      assert.equal(code, 0, JSON.stringify(report));
      const output = await tried();
      assert.match(output, handshakeEnded);
      // nginx says so of a request without TLS on its port.
      assert.doesNotMatch(output, /plain HTTP request/);
      assert.equal(await service.stop(), 0);
    });
  }
});
