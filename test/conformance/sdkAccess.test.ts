// The stock Rust sp1-sdk by https, with a bearer token and a client certificate, against a service that demands both. Its artifacts go by
// plain http: for them the SDK trusts Mozilla's roots and nothing else, and it shows neither token nor certificate there.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import {
  fakePublicValuesOfU32,
  fibonacci,
  fibonacciVk,
  runSdk,
  type SdkReport,
} from '../../src/testkit/sdk/rustSdk.js';
import { createServiceRig, type ServiceRig } from '../../src/testkit/service/serviceRig.js';
import { certificateFile } from '../../src/testkit/testCertificates.js';

const token = 'a-token-of-the-suite';
/** What the SDK's TLS takes for the certificate store of its operating system. */
const trusted = { SSL_CERT_FILE: certificateFile('test-ca') };
const certificate = ['--client-cert', certificateFile('client'), '--client-key', certificateFile('client', 'key')];

describe('sp1-sdk 6.10.0 and a service that asks who calls', () => {
  let rig: ServiceRig;
  let url: string;
  before(async () => {
    rig = await createServiceRig({ script: { vk: await fibonacciVk() } });
    const tokens = join(rig.folder, 'tokens');
    writeFileSync(tokens, token);
    url = `https://127.0.0.1:${rig.port}`;
    await rig.serve({
      'tls-cert': certificateFile('server'),
      'tls-key': certificateFile('server', 'key'),
      'tls-client-ca': certificateFile('test-ca'),
      'client-certificates': 'required',
      'token-file': tokens,
      'public-url': rig.url,
    });
  });
  after(() => rig.end());

  const account = (...args: string[]) => runSdk(['account', '--url', url, '--network', 'mainnet', ...args], trusted);

  it('gets a proof with token and certificate', async () => {
    const program = ['--program', fibonacci, '--input-u32', '11', '--proof-mode', 'groth16', '--no-verify'];
    const args = ['prove', '--url', url, '--network', 'hosted', '--token', token, ...certificate, ...program];
    const { code, report } = await runSdk(args, trusted);
    assert.equal(code, 0, JSON.stringify(report));
    assert.equal(report.publicValues, fakePublicValuesOfU32(11));
  });

  it('sees that nothing is charged', async () => {
    interface Account {
      readonly balance: string;
      readonly marketPrice: string;
      readonly params: { readonly maxPricePerPgu: string; readonly baseFee: string };
    }
    const args = ['account', '--url', url, '--network', 'mainnet', '--token', token, ...certificate];
    const { code, report } = await runSdk<Account>(args, trusted);
    assert.equal(code, 0, JSON.stringify(report));
    assert.equal(report.balance, `${10n ** 24n}`);
    assert.deepEqual([report.marketPrice, report.params.maxPricePerPgu, report.params.baseFee], ['0', '0', '0']);
  });

  function assertUnauthenticated({ outcome, error }: SdkReport, message: RegExp): void {
    assert.equal(outcome, 'refused');
    assert.equal(error?.grpcCode, 'Unauthenticated');
    assert.match(error?.grpcMessage ?? '', message);
  }

  it('is refused at once and in words without a token, with another one, and without a certificate', async () => {
    assertUnauthenticated((await account(...certificate)).report, /^This service asks for a token/);
    assertUnauthenticated((await account('--token', 'another', ...certificate)).report, /^The token .* is not known/);
    assertUnauthenticated((await account('--token', token)).report, /^This service asks for a client certificate/);
  });
});
