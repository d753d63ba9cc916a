// A service whose wall clock is set while it runs, by libfaketime. Running time passes as ever.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { holdingClock } from '../../src/clock.js';
import type { RequestId } from '../../src/ids.js';
import type { FakeRule } from '../../src/testkit/engine/fakeEngineScript.js';
import { createRequester, type ServiceRequester, stdinOf } from '../../src/testkit/service/serviceRequests.js';
import { createServiceRig, type ServiceProcess, type ServiceRig } from '../../src/testkit/service/serviceRig.js';
import { needing, toolEnvironment } from './tools.js';

/** A moment is met within a minute of it; a busy machine gets some more (ms). */
const withinMs = 75_000;

describe('a service whose clock is set', { ...needing('faketime'), timeout: 600_000 }, () => {
  let folder: string;
  let rig: ServiceRig;
  let service: ServiceProcess;
  let requester: ServiceRequester;
  /** By how much the service's clock is ahead of ours (ms). */
  let aheadMs: number;

  /** libfaketime looks into the file with every reading. */
  function setAhead(ms: number): void {
    aheadMs = ms;
    writeFileSync(join(folder, 'offset'), `${ms < 0 ? '-' : '+'}${Math.abs(ms) / 1000}`);
  }
  /** Ahead of ours, in the seconds of the wire. */
  const deadlineIn = (ms: number) => BigInt(Math.ceil((holdingClock.now() + aheadMs + ms) / 1000));

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'sealed-clock-'));
    setAhead(0);
  });
  afterEach(async () => {
    requester.close();
    await rig.end();
    rmSync(folder, { recursive: true });
  });

  async function serve(rules: readonly FakeRule[]): Promise<void> {
    const environment = {
      ...preloaded(),
      FAKETIME_TIMESTAMP_FILE: join(folder, 'offset'),
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
    };
    rig = await createServiceRig({ script: { rules }, environment });
    const clock = { ...holdingClock, now: () => holdingClock.now() + aheadMs };
    requester = createRequester(rig.url, { clock });
    service = await rig.serve();
    await requester.register();
  }

  const detailOf = async (requestId: RequestId) =>
    (await (await fetch(`${rig.url}/requests/${requestId}`)).json()) as { state: string; elapsedMs: number };

  it('ends a request within a minute of its deadline, which a jump of hours has passed', async () => {
    await serve([{ on: 'execute', act: { kind: 'hang' } }]);
    const requestId = await requester.submit(stdinOf('late'), { deadline: deadlineIn(7_200_000) });
    await service.until((line) => line.requestId === requestId && line.to === 'executing.running');
    setAhead(10_800_000);
    const setAt = holdingClock.steady();
    // The client's clock jumps too. It waits for the service's word, which knows.
    await assert.rejects(requester.client.waitProof(requestId, { pollMs: 100 }), { message: /time ran out/ });
    assert.ok(holdingClock.steady() - setAt < withinMs);
    const { state, elapsedMs } = await detailOf(requestId);
    assert.equal(state, 'expired');
    // Three hours have not passed.
    assert.ok(elapsedMs < 2 * withinMs, `${elapsedMs} ms`);
  });

  it('goes on as ever when it has started in 1970, and when it learns of the time', async () => {
    setAhead(60_000 - holdingClock.now());
    await serve([{ on: 'prove', delayMs: 3_000 }]);
    const deadline = BigInt(Math.ceil(holdingClock.now() / 1000) + 3_600);
    const requestId = await requester.submit(stdinOf('early'), { deadline });
    await service.until((line) => line.requestId === requestId && line.to === 'proving.running');
    setAhead(0);
    const { proofUrl } = await requester.client.waitProof(requestId, { pollMs: 100 });
    assert.ok((await requester.fetchProof(proofUrl)).byteLength > 0);
    assert.ok((await detailOf(requestId)).elapsedMs < withinMs);
  });
});

/** What `faketime` gives to its commands; where its library lies differs from system to system. */
function preloaded(): { LD_PRELOAD: string } {
  const { stdout } = spawnSync('faketime', ['-f', '+0', 'env'], { env: toolEnvironment, encoding: 'utf8' });
  return { LD_PRELOAD: /^LD_PRELOAD=(.*)$/m.exec(stdout)?.[1] ?? '' };
}
