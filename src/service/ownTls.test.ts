// TLS of our own key: whose certificate it is, how it is renewed, and what is said where no key can be had.
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { ProviderError, type QuoteProvider } from '../attestation/providers/quoteProvider.js';
import { createLog } from '../log.js';
import { systemRandom } from '../random.js';
import { temporaryFolder } from '../testkit/temporaryFolder.js';
import { certificateFile } from '../testkit/testCertificates.js';
import { SimulatedClock } from '../testkit/world/simulatedClock.js';
import { openOwnTls } from './ownTls.js';

const day = 86_400_000;
const log = createLog('silent');
const config = {
  publicUrl: 'https://prover.example.org',
  listen: { host: '0.0.0.0', port: 443 },
  tlsClientCa: undefined,
  plaintext: undefined,
};
const providerWith = (key: (path: string) => Promise<Uint8Array>) => ({ key }) as unknown as QuoteProvider;
const open = (how: 'derived' | 'ephemeral', provider?: QuoteProvider, clock = new SimulatedClock()) =>
  openOwnTls(how, { config, provider, clock, random: systemRandom, log });

describe('TLS of our own key', () => {
  it('is for the names by which clients come, and renewed with the same key while there are 15 days left', async () => {
    const clock = new SimulatedClock();
    const tls = await open('ephemeral', undefined, clock);
    const first = new X509Certificate(tls.certificate());
    for (const host of ['prover.example.org', 'localhost']) assert.equal(first.checkHost(host), host);
    const { spkiSha256 } = tls.acceptor;
    for (const _ of [1, 2, 3]) {
      const before = tls.certificate();
      await clock.advance(15 * day);
      const { validTo } = new X509Certificate(tls.certificate());
      assert.notEqual(tls.certificate(), before);
      assert.ok(Date.parse(validTo) - clock.now() > 29 * day);
      assert.equal(tls.acceptor.spkiSha256, spkiSha256);
    }
    tls.close();
    assert.equal(clock.nextWakeAt(), undefined);
  });

  it('is another key at each start, or that of the agent', async () => {
    const keys = [];
    for (const _ of [1, 2]) keys.push((await open('ephemeral')).acceptor.spkiSha256);
    assert.notEqual(keys[0], keys[1]);
    const paths: string[] = [];
    const provider = providerWith(async (path) => {
      paths.push(path);
      return new Uint8Array(32).fill(7);
    });
    const derived = [];
    for (const _ of [1, 2]) derived.push((await open('derived', provider)).acceptor.spkiSha256);
    assert.equal(derived[0], derived[1]);
    assert.deepEqual(paths, ['sealed-prover/tls/1', 'sealed-prover/tls/1']);
  });

  it('asks clients for certificates of the authority that is given, and says when that is none', async () => {
    const withCa = (tlsClientCa: string) =>
      openOwnTls('ephemeral', {
        config: { ...config, tlsClientCa },
        provider: undefined,
        clock: new SimulatedClock(),
        random: systemRandom,
        log,
      });
    (await withCa(certificateFile('test-ca'))).close();
    const broken = join(temporaryFolder('ca'), 'ca.pem');
    writeFileSync(broken, '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n');
    await assert.rejects(withCa(broken), { name: 'WatchedFileError', message: /it must be a PEM file/ });
  });

  it('does not start without the key that it was to have', async () => {
    await assert.rejects(open('derived'), { message: /needs a dstack agent, and none is there/ });
    const problem = new ProviderError('the dstack agent is not there');
    await assert.rejects(
      open(
        'derived',
        providerWith(() => Promise.reject(problem)),
      ),
      {
        message:
          'The key for --tls derived cannot be had: the dstack agent is not there. Try again, or choose --tls ephemeral.',
      },
    );
  });
});
