// The stock Rust sp1-sdk against the service: what a user does, with the real engine and real proofs. Checks are those of
// docs/wire-rules.md.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { ExecuteFailureCause, ExecutionStatus } from '../../src/gen/network/network_pb.js';
import { fibonacci, runSdk } from '../../src/testkit/sdk/rustSdk.js';
import { cliArguments, type RealService, runToEnd, startRealService } from '../../src/testkit/service/realService.js';
import { temporaryFolder } from '../../src/testkit/temporaryFolder.js';

/** conformance/src/second_factor.rs. */
interface SecondFactorReport {
  readonly verified: boolean;
  readonly refusedByAnother: string | null;
  readonly address: string;
  readonly signers: readonly string[];
  readonly publicValues: string;
  readonly prefix: string;
}

const out = join(temporaryFolder('sdk'), 'proof.bin');
const twentieth = ['--program', fibonacci, '--input-u32', '20', '--proof-mode', 'core'];
const twentiethPublicValues = '140000006d1a0000c22a0000';

describe('sp1-sdk 6.10.0 and real proofs', () => {
  let service: RealService;
  before(async () => {
    service = await startRealService(['--tee', 'dev', '--tee-2fa', 'on']);
  });
  after(() => service.stop());

  const prove = (...args: string[]) => runSdk(['prove', '--url', service.url, ...args]);

  it('check 1: gets and verifies a core proof in reserved mode', async () => {
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

  it('T55: takes the second factor of our key beside that proof, by its public client, and no other key’s', async () => {
    const program = ['--program', fibonacci, '--input-u32', '20'];
    const args = ['second-factor', '--url', service.url, ...program, '--proof', out];
    const { code, report } = await runSdk<SecondFactorReport>(args);
    assert.equal(code, 0, JSON.stringify(report));
    assert.deepEqual([report.verified, report.publicValues], [true, twentiethPublicValues]);
    assert.match(report.refusedByAnother ?? '', /Invalid TEE proof, signed by unknown address 0x/);
    assert.deepEqual(report.signers, [report.address]);
    // The selector of SP1's verifier contract, v, r ‖ s, the length of the version, the version.
    assert.match(report.prefix, /^118dc3471[bc][0-9a-f]{128}0402000000$/);
  });

  it('T55: tells the SDK in its own words why there is none', async () => {
    const program = ['--program', 'examples/panic/panic.elf'];
    const args = ['second-factor', '--url', service.url, ...program, '--proof', out, '--expect', 'failed'];
    const { code, report } = await runSdk(args);
    assert.equal(code, 0, JSON.stringify(report));
    assert.match(report.error?.text ?? '', /Error received from server: The guest program failed: .*exit code 1/);
  });

  it('checks 1 and 10: gets and verifies a core proof in mainnet mode, simulated before, from the same service', async () => {
    const { code, report } = await prove(...twentieth, '--network', 'mainnet');
    assert.equal(code, 0, JSON.stringify(report));
    assert.equal(report.verified, true);
    assert.equal(report.publicValues, twentiethPublicValues);
  });

  // The SDK's own simulation does not mind an exit code: the guest gets here in every mode.
  for (const network of ['reserved', 'mainnet']) {
    it(`check 12: learns at once that a guest failed, in ${network} mode`, async () => {
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

  it('check 12: learns that a guest without an end has reached its cycle limit', async () => {
    const args = ['--program', 'examples/spin/spin.elf', '--skip-simulation', '--cycle-limit', '5000000'];
    const { code, report } = await prove(...args, '--expect', 'unexecutable');
    assert.equal(code, 0, JSON.stringify(report));
    assert.equal(report.executeFailCause, ExecuteFailureCause.EXCEEDED_CYCLE_LIMIT);
  });
});
