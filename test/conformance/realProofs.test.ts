// The stock Rust sp1-sdk against the service: what a user does, with the real engine and real proofs. The numbers are those of the
// checks in the list of wire conformance: 1 both schemas on one service, 10 mainnet mode, 12 a guest that fails.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { ExecuteFailureCause, ExecutionStatus } from '../../src/gen/network/network_pb.js';
import { cliArguments, type RealService, runToEnd, startRealService } from '../../src/testkit/realService.js';
import { fibonacci, runSdk } from '../../src/testkit/rustSdk.js';
import { temporaryFolder } from '../../src/testkit/temporaryFolder.js';

const out = join(temporaryFolder('sdk'), 'proof.bin');
const twentieth = ['--program', fibonacci, '--input-u32', '20', '--proof-mode', 'core'];
const twentiethPublicValues = '140000006d1a0000c22a0000';

describe('sp1-sdk 6.10.0 and real proofs', () => {
  let service: RealService;
  before(async () => {
    service = await startRealService();
  });
  after(() => service.stop());

  const prove = (...args: string[]) => runSdk(['prove', '--url', service.url, ...args]);

  it('gets and verifies a core proof in reserved mode (1)', async () => {
    const { code, report } = await prove(...twentieth, '--network', 'reserved', '--out', out);
    assert.equal(code, 0, JSON.stringify(report));
    assert.equal(report.verified, true);
    assert.equal(report.publicValues, twentiethPublicValues);
    assert.equal(report.cycles, 6769);
  });

  it('wrote a file that our own command verifies', async () => {
    const args = cliArguments('verify', out, '--program', 'examples/fibonacci/fibonacci.elf', '--json');
    const { code, output } = await runToEnd(process.execPath, args);
    assert.equal(code, 0, output);
  });

  it('gets and verifies a core proof in mainnet mode, simulated before, from the same service (1, 10)', async () => {
    const { code, report } = await prove(...twentieth, '--network', 'mainnet');
    assert.equal(code, 0, JSON.stringify(report));
    assert.equal(report.verified, true);
    assert.equal(report.publicValues, twentiethPublicValues);
  });

  // The SDK's own simulation does not mind an exit code: the guest gets here in every mode.
  for (const network of ['reserved', 'mainnet']) {
    it(`is told at once that a guest failed, in ${network} mode (12)`, async () => {
      const args = ['--program', 'examples/panic/panic.elf', '--network', network, '--expect', 'unexecutable'];
      const { code, report } = await prove(...args);
      assert.equal(code, 0, JSON.stringify(report));
      assert.equal(report.executionStatus, ExecutionStatus.UNEXECUTABLE);
      assert.equal(report.executeFailCause, ExecuteFailureCause.HALT_WITH_NON_ZERO_EXIT_CODE);
      const trace = JSON.parse(report.errorTrace ?? '{}') as { code?: string };
      assert.equal(trace.code, network === 'mainnet' ? 'GUEST_FAILED' : undefined);
      // Minutes or hours below the deadline, at which it would otherwise learn of it: the bound is about cause, not speed.
      assert.ok(report.finishedAtMs / 1000 < (report.deadline ?? 0) - 60, JSON.stringify(report));
    });
  }

  it('is told about a guest that never ends by its cycle limit (12)', async () => {
    const args = ['--program', 'examples/spin/spin.elf', '--skip-simulation', '--cycle-limit', '5000000'];
    const { code, report } = await prove(...args, '--expect', 'unexecutable');
    assert.equal(code, 0, JSON.stringify(report));
    assert.equal(report.executeFailCause, ExecuteFailureCause.EXCEEDED_CYCLE_LIMIT);
  });
});
