// The stock Rust sp1-sdk against the service with a fake engine: the ways to select a network, and the ways a request ends that need
// no real proof. The fake proofs are groth16 ones, which the SDK decodes and would not verify. Checks are those of docs/wire-rules.md.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { holdingClock } from '../../src/clock.js';
import { FulfillmentStatus } from '../../src/gen/network/network_pb.js';
import {
  fakePublicValuesOfU32,
  fibonacci,
  fibonacciVk,
  runSdk,
  type SdkReport,
  stdinSha256OfU32,
} from '../../src/testkit/sdk/rustSdk.js';
import {
  createServiceRig,
  type LogLine,
  type ServiceProcess,
  type ServiceRig,
} from '../../src/testkit/service/serviceRig.js';

/**
 * The SDK has read its first status and sleeps for 2 s. Nothing shows that from outside, and a call that is under way when the connection breaks
 * is final for it (UNKNOWN "transport error").
 */
const between = () => passed(1_000);
/** After several polls, none of which is held: the proof is far. */
const inItsLoop = () => passed(9_000);
const passed = (ms: number) => new Promise<void>((resolve) => holdingClock.wakeIn(ms, resolve));

/** Inputs for which the engine never answers. */
const input = { cancelled: 401, late: 402, lateInOneCall: 403, restarted: 404 } as const;
const hangs = Object.values(input).map((value) => ({
  on: 'prove' as const,
  stdinSha256: stdinSha256OfU32(value),
  act: { kind: 'hang' as const },
}));
/** Proofs that are there between the third poll of the SDK and its fourth. */
const equal = [405, 406, 408, 410, 411];
const slow = equal.map((value) => ({
  on: 'prove' as const,
  stdinSha256: stdinSha256OfU32(value),
  delayMs: 5_000,
}));
/** The SDK would see it a second later if no poll was held (ms). A machine that is busy at that moment has some more of them. */
const atOnceMs = 500;

describe('sp1-sdk 6.10.0 in every mode', () => {
  let rig: ServiceRig;
  let service: ServiceProcess;
  let vk: string;
  before(async () => {
    rig = await createServiceRig();
    vk = await fibonacciVk();
    rig.changeScript({ vk, rules: [...hangs, ...slow] });
    service = await rig.serve();
  });
  after(() => rig.end());

  /** One command of the client. It does not simulate: the guest's real public values are not those of the fake engine. */
  function sdk(
    verb: string,
    network: string,
    value: number,
    args: readonly string[] = [],
    env: NodeJS.ProcessEnv = {},
  ) {
    const program = ['--program', fibonacci, '--input-u32', `${value}`, '--proof-mode', 'groth16'];
    const options = ['--url', rig.url, '--network', network, '--skip-simulation', '--no-verify'];
    return runSdk([verb, ...program, ...options, ...args], env);
  }

  function assertFulfilled(report: SdkReport, value: number): void {
    assert.equal(report.verified, false);
    assert.equal(report.publicValues, fakePublicValuesOfU32(value), JSON.stringify(report));
  }

  /** What the service says about a request's end. */
  const ended = (report: SdkReport, state: string) => service.until((line) => isEnd(line, state) && isOf(line, report));
  const isEnd = ({ event, to }: LogLine, state: string) => event === 'request.transition' && to === state;
  const isOf = ({ requestId }: LogLine, report: SdkReport) => report.requestId === `0x${requestId}`;

  for (const [value, network] of ['reserved', 'mainnet'].entries()) {
    it(`checks 1 and 5: gets three proofs at once with one key in ${network} mode`, async () => {
      const { code, report } = await sdk('concurrent', network, value, ['--count', '3']);
      assert.equal(code, 0, JSON.stringify(report));
      for (const each of report.requests) assertFulfilled(each, value);
      assert.equal(new Set(report.requests.map(({ requestId }) => requestId)).size, 3);
    });
  }

  it('gets a proof in hosted mode by its environment alone, without limits', async () => {
    const { code, report } = await sdk('prove', 'environment', 2, [], {
      SP1_PROVER: 'hosted',
      NETWORK_RPC_URL: rig.url,
      NETWORK_PRIVATE_KEY: '01'.repeat(32),
    });
    assert.equal(code, 0, JSON.stringify(report));
    assertFulfilled(report, 2);
    assert.equal(report.cycleLimit, `${2n ** 64n - 1n}`);
  });

  it('gets a proof in private mode, whose URL was named after, of a private stdin', async () => {
    const { code, report } = await sdk('prove', 'private', 3, ['--in-one-call', '--private-stdin']);
    assert.equal(code, 0, JSON.stringify(report));
    assertFulfilled(report, 3);
  });

  it('gets a proof that takes as long as the one before in the moment in which it is there', async () => {
    for (const value of equal) {
      const { code, report } = await sdk('prove', 'reserved', value);
      assert.equal(code, 0, JSON.stringify(report));
      const line = await ended(report, 'fulfilled');
      // The first tells how long such a proof takes.
      if (value !== equal[0] && report.finishedAtMs - Date.parse(`${line.at}`) < atOnceMs) return;
    }
    assert.fail('none of them was told at once');
  });

  it('check 10: takes back a request that is being proven, for good', async () => {
    const { code, report } = await sdk('cancel', 'mainnet', input.cancelled, ['--expect', 'unfulfillable']);
    assert.equal(code, 0, JSON.stringify(report));
    assert.equal(report.fulfillmentStatus, FulfillmentStatus.UNFULFILLABLE);
    assert.equal(report.secondCancel, null);
    await ended(report, 'cancelled');
  });

  it('check 11: learns that the deadline has passed, and the work is stopped', async () => {
    const { code, report } = await sdk('prove', 'reserved', input.late, ['--timeout', '2', '--expect', 'timed-out']);
    assert.equal(code, 0, JSON.stringify(report));
    assert.ok(report.finishedAtMs / 1000 >= (report.deadline ?? Number.POSITIVE_INFINITY));
    await ended(report, 'expired');
  });

  it('check 11: asks once and no more, also in one call in mainnet mode that passes its deadline', async () => {
    const known = service.lines.length;
    const args = ['--in-one-call', '--timeout', '2', '--expect', 'timed-out'];
    const { code, report } = await sdk('prove', 'mainnet', input.lateInOneCall, args);
    assert.equal(code, 0, JSON.stringify(report));
    const expired = service.lines.slice(known).filter((line) => isEnd(line, 'expired'));
    assert.equal(new Set(expired.map(({ requestId }) => requestId)).size, 1);
  });

  it('checks 9 and 10: waits while the service is killed and started again, twice, and gets the proof of the same request', async () => {
    const known = service.lines.length;
    const running = sdk('prove', 'mainnet', input.restarted);
    // The lane is free again after those that were cancelled or late.
    await service.until((line) => service.lines.indexOf(line) >= known && line.to === 'proving.running');
    await between();
    await service.kill();
    service = await rig.serve();
    await service.until(({ to }) => to === 'proving.running');
    await inItsLoop();
    await service.kill();
    rig.changeScript({ vk });
    service = await rig.serve();
    const { code, report } = await running;
    assert.equal(code, 0, JSON.stringify(report));
    assertFulfilled(report, input.restarted);
    await ended(report, 'fulfilled');
  });
});
