// The stock Rust sp1-sdk behind `attest run` and `attest proxy`: it proves, is told of its proof in the moment in which it is there, and downloads it,
// in hosted mode by its environment alone and in mainnet mode. The fake engine's proofs are groth16 ones, which the SDK decodes and would not verify.
import assert from 'node:assert/strict';
import { copyFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { startAttest, startAttestProxy } from '../../src/testkit/attestation/attestProcesses.js';
import {
  fakePublicValuesOfU32,
  fibonacci,
  fibonacciVk,
  runSdk,
  type SdkReport,
  stdinSha256OfU32,
} from '../../src/testkit/sdk/rustSdk.js';
import { required } from '../../src/testkit/service/realService.js';
import { createServiceRig, type ServiceProcess, type ServiceRig } from '../../src/testkit/service/serviceRig.js';
import { temporaryFolder } from '../../src/testkit/temporaryFolder.js';
import { certificateFile } from '../../src/testkit/testCertificates.js';

/** Of these a proof is there between two polls of the SDK, which knows how long such a one takes. */
const equal = [405, 406, 408, 410, 411];
const slow = equal.map((value) => ({ on: 'prove' as const, stdinSha256: stdinSha256OfU32(value), delayMs: 5_000 }));
/** The SDK would see it a second later if no poll was held (ms). A machine that is busy at that moment has some more of them. */
const atOnceMs = 500;

const words = (value: number) => [
  'prove',
  ...['--program', fibonacci, '--input-u32', `${value}`, '--proof-mode', 'groth16'],
  ...['--skip-simulation', '--no-verify'],
];

describe('sp1-sdk 6.10.0 behind an attested connection', { timeout: 600_000 }, () => {
  let rig: ServiceRig;
  let service: ServiceProcess;
  let url: string;
  let named: string[];
  before(async () => {
    rig = await createServiceRig({ flags: { attest: 'dev', tls: 'ephemeral' } });
    rig.changeScript({ vk: await fibonacciVk(), rules: slow });
    service = await rig.serve();
    url = rig.url.replace('http:', 'https:');
    named = ['--insecure-dev-root', join(rig.data, 'dev-root.der')];
  });
  after(() => rig.end());

  function assertFulfilled(report: SdkReport, value: number): void {
    assert.equal(report.publicValues, fakePublicValuesOfU32(value), JSON.stringify(report));
  }

  it('attest run: gets a proof in hosted mode, by the environment that it is given', async () => {
    const command = [required('CONFORMANCE_CLIENT'), ...words(7), '--url', 'http://unused', '--network', 'environment'];
    const run = startAttest(['run', url, ...named, '--', ...command], { NETWORK_PRIVATE_KEY: '01'.repeat(32) });
    assert.equal((await run.exited).code, 0, run.text());
    const report = run.lines.findLast(({ text }) => text.startsWith('{"'))?.text ?? '{}';
    assertFulfilled(JSON.parse(report) as SdkReport, 7);
    assert.match(run.text(), /: verified, level bound\.$/m);
  });

  it('attest proxy: gets a proof in mainnet mode', async () => {
    const proxy = await startAttestProxy(url, ...named);
    const { code, report } = await runSdk([...words(8), '--url', proxy.url, '--network', 'mainnet']);
    assert.equal(code, 0, JSON.stringify(report));
    assertFulfilled(report, 8);
    await proxy.stop();
  });

  it('attest proxy: held polls are answered in the moment in which the proof is there', async () => {
    const proxy = await startAttestProxy(url, ...named);
    let isAtOnce = false;
    for (const value of equal) {
      const { code, report } = await runSdk([...words(value), '--url', proxy.url, '--network', 'reserved']);
      assert.equal(code, 0, JSON.stringify(report));
      const isEnd = (id: string | undefined, to: string | undefined) =>
        report.requestId === `0x${id}` && to === 'fulfilled';
      const line = await service.until(({ requestId, to }) => isEnd(requestId, to));
      // The first tells how long such a proof takes.
      isAtOnce = value !== equal[0] && report.finishedAtMs - Date.parse(`${line.at}`) < atOnceMs;
      if (isAtOnce) break;
    }
    assert.ok(isAtOnce, 'none of them was told at once');
    await proxy.stop();
  });
});

/** Proving takes long enough for a certificate to be renewed meanwhile. */
const patient = 407;

it('T45: sp1-sdk 6.10.0 gets its proof through attest proxy when the certificate is renewed under it', async (t) => {
  const folder = temporaryFolder('renewed');
  const put = (name: 'server' | 'server-renewed') => {
    for (const part of ['cert', 'key'] as const) {
      copyFileSync(certificateFile(name, part), join(folder, `${part}.new`));
      renameSync(join(folder, `${part}.new`), join(folder, `${part}.pem`));
    }
  };
  put('server');
  const tls = { 'tls-cert': join(folder, 'cert.pem'), 'tls-key': join(folder, 'key.pem') };
  const rig = await createServiceRig({ flags: { attest: 'dev', ...tls } });
  t.after(() => rig.end());
  const rules = [{ on: 'prove' as const, stdinSha256: stdinSha256OfU32(patient), delayMs: 8_000 }];
  rig.changeScript({ vk: await fibonacciVk(), rules });
  const service = await rig.serve();
  const proxy = await startAttestProxy(
    rig.url.replace('http:', 'https:'),
    '--insecure-dev-root',
    join(rig.data, 'dev-root.der'),
  );
  t.after(() => proxy.kill());
  const run = runSdk([...words(patient), '--url', proxy.url, '--network', 'reserved']);
  await service.until(({ to }) => to === 'proving.running');
  const renewed = new Promise<void>((resolve) => service.onLine(({ event }) => event === 'evidence.made' && resolve()));
  put('server-renewed');
  await renewed;
  const { code, report } = await run;
  assert.equal(code, 0, JSON.stringify(report));
  assert.equal(report.publicValues, fakePublicValuesOfU32(patient), JSON.stringify(report));
  // And so does the next one, on connections of its own.
  const next = await runSdk([...words(9), '--url', proxy.url, '--network', 'reserved']);
  assert.equal(next.code, 0, JSON.stringify(next.report));
});
