// TLS from files: which key is shown, and what is told when they are replaced while the service runs.
import assert from 'node:assert/strict';
import { copyFileSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { createLog } from '../log.js';
import { type CertificateName, certificateFile, certificateOf } from '../testkit/testCertificates.js';
import { SimulatedClock } from '../testkit/world/simulatedClock.js';
import { createTls } from '../transport/front/tls.js';
import { openTls } from './tls.js';

const keyOf = (name: CertificateName) => createTls({ ...certificateOf(name), clientCa: undefined }, 10_000).spkiSha256;

it('a certificate and key that are replaced one after the other are one renewal', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'sealed-tls-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const [tlsCert, tlsKey] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  const put = (from: string, to: string) => {
    copyFileSync(from, `${to}.new`);
    renameSync(`${to}.new`, to);
  };
  put(certificateFile('server'), tlsCert);
  put(certificateFile('server', 'key'), tlsKey);
  const clock = new SimulatedClock();
  const log = createLog('silent');
  const tls = openTls({ tlsCert, tlsKey, tlsClientCa: undefined, plaintext: undefined }, { clock, log });
  assert.ok(tls);
  t.after(() => tls.close());
  assert.equal(tls.acceptor.spkiSha256, keyOf('server'));
  const told: string[] = [];
  tls.acceptor.onRenewal((key) => told.push(key));

  put(certificateFile('server-renewed'), tlsCert);
  await clock.advance(30_000);
  assert.deepEqual([told, tls.acceptor.spkiSha256], [[], keyOf('server')]);
  put(certificateFile('server-renewed', 'key'), tlsKey);
  await clock.advance(30_000);
  assert.deepEqual([told, tls.acceptor.spkiSha256], [[keyOf('server-renewed')], keyOf('server-renewed')]);
});
