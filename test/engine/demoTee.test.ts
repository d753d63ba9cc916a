// The demonstration of TEE proofs, with the real engine, on a real chain.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { demonstrate } from '../../scripts/demoTee/demo.js';
import { createReport } from '../../scripts/demoTee/report.js';

async function shown(tamper?: Parameters<typeof demonstrate>[0]['tamper']) {
  const lines: string[] = [];
  const report = createReport((text) => lines.push(text));
  await demonstrate({ report, ...(tamper && { tamper }) });
  return { holds: report.end(), text: lines.join('\n') };
}

describe('59: the demonstration of TEE proofs', { timeout: 600_000 }, () => {
  it('holds in each of its checks', async () => {
    const { holds, text } = await shown();
    assert.ok(holds, text);
    assert.equal(text.match(/^ok {3}/gm)?.length, 8);
  });

  it('fails when the registry does not attest the key', async () => {
    const { holds, text } = await shown((chain, signer) => chain.revoke(signer));
    assert.ok(!holds);
    assert.match(text, /^FAIL on chain/m);
  });
});
