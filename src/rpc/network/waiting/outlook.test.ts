import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { fail, failed } from '../../../errors.js';
import { laneId, type RequestId } from '../../../ids.js';
import type { RequestView } from '../../../machines/requestView.js';
import { createWorld, type World } from '../../../testkit/world.js';
import { createOutlook, type Outlook } from './outlook.js';

describe('the outlook of a request', () => {
  let world: World;
  let outlook: Outlook;

  beforeEach(async () => {
    world = await createWorld();
    outlook = createOutlook({ registry: world.system.registry, clock: world.clock });
  });
  afterEach(async () => {
    outlook.close();
    await world.end();
  });

  async function submit(): Promise<RequestId> {
    const requestId = await world.submit();
    await world.settle();
    return requestId;
  }
  const jobOf = (requestId: RequestId) => world.lanes.waiting.find(({ job }) => job.requestId === requestId);
  async function start(requestId: RequestId): Promise<void> {
    jobOf(requestId)?.grant();
    await world.settle();
  }
  /** Executed, and being proved. */
  async function proving(): Promise<RequestId> {
    const requestId = await submit();
    await world.endStage(requestId);
    await start(requestId);
    return requestId;
  }
  const isNear = (requestId: RequestId) => outlook.isNear(world.system.registry.view(requestId) as RequestView);
  /** Whether it is near after each of these times (ms) since now. */
  async function nearAt(requestId: RequestId, times: readonly number[]): Promise<boolean[]> {
    const since = world.clock.now();
    const answers: boolean[] = [];
    for (const time of times) {
      await world.clock.advance(since + time - world.clock.now());
      answers.push(isNear(requestId));
    }
    return answers;
  }

  it('is near while it is executed, for the seconds that most executions take', async () => {
    assert.deepEqual(await nearAt(await submit(), [0, 10_000, 10_001]), [true, true, false]);
  });

  it('is unknown for the first proof of a program, and near when that is verified', async () => {
    const requestId = await proving();
    assert.deepEqual(await nearAt(requestId, [0, 5_000, 3_600_000]), [false, false, false]);
    await world.endStage(requestId);
    assert.ok(isNear(requestId));
  });

  it('is near from three quarters of what the last proof took, less the sleep of the SDK, to twice of it', async () => {
    await world.prove(100_000);
    const requestId = await proving();
    const times = [0, 72_999, 73_000, 200_000, 200_001];
    assert.deepEqual(await nearAt(requestId, times), [false, false, true, true, false]);
    await world.endStage(requestId);
    await world.endStage(requestId);
    const next = await proving();
    assert.deepEqual(await nearAt(next, [148_000, 148_002]), [false, true]);
  });

  it('is near for a short proof from its beginning, and while it waits for its lane', async () => {
    await world.prove(2_000);
    const requestId = await submit();
    await world.endStage(requestId);
    assert.ok(isNear(requestId));
    await start(requestId);
    assert.deepEqual(await nearAt(requestId, [0, 10_000, 10_001]), [true, true, false]);
    const long = await proving();
    await world.clock.advance(20_000);
    await world.endStage(long);
    const after = await submit();
    await world.endStage(after);
    assert.ok(!isNear(after));
  });

  it('is not what it was for another mode', async () => {
    await world.prove(2_000);
    const requestId = await world.submit({ mode: 'compressed' });
    await world.settle();
    await world.endStage(requestId);
    await start(requestId);
    assert.ok(!isNear(requestId));
  });

  it('learns nothing of a try without a proof, and is far until the next one runs', async () => {
    await world.prove(2_000);
    const requestId = await proving();
    await world.clock.advance(500_000);
    jobOf(requestId)?.answer(
      failed(fail('ENGINE_LOST', { laneId: laneId('scripted-prove'), detail: 'killed', blame: true })),
    );
    await world.settle();
    assert.ok(!isNear(requestId));
    const next = await proving();
    assert.deepEqual(await nearAt(next, [0, 11_000]), [true, false]);
  });
});
