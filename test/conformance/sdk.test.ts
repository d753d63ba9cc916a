// The stock Rust sp1-sdk against the service: what a user does, with the real engine and real proofs.
import assert from 'node:assert/strict';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { cliArguments, type RealService, required, runToEnd, startRealService } from '../../src/testkit/realService.js';

const out = join(mkdtempSync(join(tmpdir(), 'sdk-')), 'proof.bin');
const fibonacci = ['--program', 'examples/fibonacci/fibonacci.elf', '--input-u32', '20', '--proof-mode', 'core'];

describe('sp1-sdk 6.10.0', () => {
  let service: RealService;
  before(async () => {
    service = await startRealService();
  });
  after(() => service.stop());

  const sdk = async (...args: string[]) => {
    const { code, output } = await runToEnd(required('CONFORMANCE_CLIENT'), ['prove', '--url', service.url, ...args]);
    const report = JSON.parse(output.trim().split('\n').at(-1) ?? '{}') as Record<string, unknown>;
    return { code, report };
  };

  it('gets and verifies a core proof in reserved mode', async () => {
    const { code, report } = await sdk(...fibonacci, '--network', 'reserved', '--out', out);
    assert.equal(code, 0, JSON.stringify(report));
    assert.equal(report['verified'], true);
    assert.equal(report['publicValues'], '140000006d1a0000c22a0000');
    assert.equal(report['cycles'], 6769);
  });

  it('wrote a file that our own command verifies', async () => {
    const args = cliArguments('verify', out, '--program', 'examples/fibonacci/fibonacci.elf', '--json');
    const { code, output } = await runToEnd(process.execPath, args);
    assert.equal(code, 0, output);
  });

  it('gets and verifies a core proof in hosted mode', async () => {
    const { code, report } = await sdk(...fibonacci, '--network', 'hosted');
    assert.equal(code, 0, JSON.stringify(report));
    assert.equal(report['verified'], true);
  });

  it('is told within seconds that a guest failed', async () => {
    const { code, report } = await sdk('--program', 'examples/panic/panic.elf', '--expect', 'unexecutable');
    assert.equal(code, 0, JSON.stringify(report));
    assert.equal(report['unexecutable'], true);
    // Far below the deadline, at which it would otherwise learn of it: the bound is about cause, not speed.
    assert.ok((report['elapsedMs'] as number) < 60_000);
  });

  it('is told about a guest that never ends by its cycle limit', async () => {
    const { code, report } = await sdk('--program', 'examples/spin/spin.elf', '--expect', 'unexecutable');
    assert.equal(code, 0, JSON.stringify(report));
    assert.equal(report['unexecutable'], true);
  });
});
