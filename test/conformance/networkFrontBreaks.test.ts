// The stock Rust sp1-sdk in Reserved mode while what it asked for is made: the front ends and starts again, or the network is away. The proofs
// are fake ones.
import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { holdingClock } from '../../src/clock.js';
import { FulfillmentStatus } from '../../src/gen/network/network_pb.js';
import { type NetworkRig, startNetworkRig } from '../../src/testkit/fakeNetwork/networkRig.js';
import { fakePublicValuesOfU32, fibonacciVk, stdinSha256OfU32 } from '../../src/testkit/sdk/rustSdk.js';
import { metricsListen, metricsOf } from '../../src/testkit/service/metricsOf.js';
import { temporaryFolder } from '../../src/testkit/temporaryFolder.js';
import { type FrontRequester, frontRequester, u32 } from './frontRequester.js';

const lookAgainMs = 50;
/** The network's being away is seen after 45 s, and a busy machine has some more (ms). */
const comesWithinMs = 180_000;
const waits = 811;
const asks = 812;

describe('sp1-sdk 6.10.0 when something breaks off in the middle', { concurrency: true, timeout: 600_000 }, () => {
  let vk: string;
  before(async () => {
    vk = await fibonacciVk();
  });

  /** A front whose proof of the one input is made once `letGo` is called. */
  async function started(t: { after(work: () => Promise<void>): void }) {
    const whileThere = join(temporaryFolder('gate'), 'gate');
    writeFileSync(whileThere, '');
    const rules = [{ on: 'prove' as const, stdinSha256: stdinSha256OfU32(waits), whileThere }];
    const made = await startNetworkRig({ script: { vk, rules }, flags: metricsListen });
    t.after(() => made.end());
    return { made, letGo: () => rmSync(whileThere) };
  }

  /**
   * Resolves when the front has answered so many calls of SDKs in this way. Of a status: the SDK sleeps for 2 s then. A call that is under way
   * when the connection breaks is final for it (UNKNOWN "transport error").
   */
  async function answered({ service }: NetworkRig, method: string, code: string, count: number): Promise<void> {
    const name = `rpc_total{code="${code}",method="${method}"}`;
    const givesUpAt = holdingClock.steady() + comesWithinMs;
    for (;;) {
      const samples = await metricsOf(service);
      if ((samples.get(name) ?? 0) >= count) return;
      assert.ok(holdingClock.steady() < givesUpAt, `${method} has not ended ${count} times with ${code}`);
      await new Promise<void>((resolve) => holdingClock.wakeIn(lookAgainMs, resolve));
    }
  }
  const polled = (made: NetworkRig) => answered(made, 'GetProofRequestStatus', 'ok', 1);

  async function assertReportedOnce({ network }: NetworkRig, requester: FrontRequester): Promise<void> {
    const [found, ...more] = requester.requests();
    assert.deepEqual(more, []);
    await network.record.waitFor(() => found?.fulfillment === FulfillmentStatus.FULFILLED);
    assert.equal(found?.accepted, 1);
    assert.deepEqual(network.invariants(), []);
  }

  it('waits while the front is killed and started, stopped and started, and gets the proof of the same request', async (t) => {
    const { made, letGo } = await started(t);
    const again = async () => {
      made.service = await made.rig.serve({ 'public-url': made.rig.url });
    };
    const requester = frontRequester(made, 1, made.prover);
    const running = requester.prove(u32(waits));
    await polled(made);
    await made.service.kill();
    await again();
    await polled(made);
    assert.equal(await made.service.stop(), 0);
    await again();
    await polled(made);
    letGo();
    const { code, report } = await running;
    assert.equal(code, 0, JSON.stringify(report));
    assert.equal(report.publicValues, fakePublicValuesOfU32(waits));
    assert.equal(report.requestId, `0x${requester.requests()[0]?.requestId}`);
    await assertReportedOnce(made, requester);
  });

  // Away for as long as the front looks for an answer by itself (45 s), and into the time in which the SDK asks again (120 s).
  it('T20: the network is away for a minute: who waits has its proof meanwhile, who asks is served after, and each is reported once', async (t) => {
    const { made, letGo } = await started(t);
    const waiting = frontRequester(made, 2, made.prover);
    const asking = frontRequester(made, 3, made.prover);
    const before = waiting.prove(u32(waits));
    await polled(made);
    await made.network.away();
    letGo();
    const meanwhile = asking.prove(u32(asks));
    const first = await before;
    assert.equal(first.code, 0, JSON.stringify(first.report));
    assert.equal(first.report.publicValues, fakePublicValuesOfU32(waits));
    await answered(made, 'GetNonce', 'unavailable', 1);
    const { network } = (await (await fetch(`${made.rig.url}/health`)).json()) as {
      network: { reachable: boolean; pending: number };
    };
    assert.deepEqual([network.reachable, network.pending], [false, 1]);
    await made.network.back();
    const second = await meanwhile;
    assert.equal(second.code, 0, JSON.stringify(second.report));
    assert.equal(second.report.publicValues, fakePublicValuesOfU32(asks));
    for (const requester of [waiting, asking]) await assertReportedOnce(made, requester);
  });
});
