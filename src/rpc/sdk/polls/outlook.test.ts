import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { fail } from '../../../failures/fail.js';
import { failed } from '../../../failures/outcome.js';
import { laneId, type RequestId } from '../../../ids.js';
import type { RequestView } from '../../../machines/request/view.js';
import type { Registry } from '../../../requests/registry.js';
import { createWorld, type World } from '../../../testkit/world/world.js';
import { createOutlook, type Outlook } from './outlook.js';

describe('the outlook of a request', () => {
  let world: World;
  let outlook: Outlook;
  let tell: (view: RequestView) => void;

  beforeEach(async () => {
    world = await createWorld();
    const { registry } = world.system;
    const onChange: Registry['onChange'] = (listener) => {
      tell = listener;
      return registry.onChange(listener);
    };
    outlook = createOutlook({ registry: { onChange }, clock: world.clock });
  });
  afterEach(async () => {
    outlook.close();
    await world.end();
  });

  async function start(requestId: RequestId): Promise<void> {
    world.lanes.waiting.find(({ job }) => job.requestId === requestId)?.grant();
    await world.settle();
  }
  /** Executed, and waiting for its lane. */
  async function executed(): Promise<RequestId> {
    const requestId = await world.submit();
    await world.settle();
    await world.endStage(requestId);
    return requestId;
  }
  async function proving(): Promise<RequestId> {
    const requestId = await executed();
    await start(requestId);
    return requestId;
  }
  const nearForMs = (requestId: RequestId) => outlook.nearForMs(world.system.registry.view(requestId) as RequestView);
  const isNear = (requestId: RequestId) => nearForMs(requestId) > 0;
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

  it('is far while it is executed and while it waits for its lane', async () => {
    await world.prove(1_000);
    const requestId = await world.submit();
    await world.settle();
    assert.ok(!isNear(requestId));
    assert.ok(!isNear(await executed()));
  });

  it('is unknown for the first proof of a program, and near when that is verified', async () => {
    const requestId = await proving();
    assert.deepEqual(await nearAt(requestId, [0, 5_000, 3_600_000]), [false, false, false]);
    await world.endStage(requestId);
    assert.ok(isNear(requestId));
  });

  it('is near for the two seconds around the moment in which the last proof was there', async () => {
    await world.prove(100_000);
    const requestId = await proving();
    const times = [0, 97_999, 98_000, 101_999, 102_000];
    assert.deepEqual(await nearAt(requestId, times), [false, false, true, true, false]);
    for (const ms of [0, 3_000]) await world.endStage(requestId, ms);
    const next = await proving();
    assert.deepEqual(await nearAt(next, [102_999, 103_001]), [false, true]);
  });

  it('is near for a short proof from its beginning to twice its usual time', async () => {
    await world.prove(1_500);
    const requestId = await proving();
    assert.equal(nearForMs(requestId), 3_000);
    assert.deepEqual(await nearAt(requestId, [0, 2_999, 3_000]), [true, true, false]);
  });

  it('is not what it was for another mode', async () => {
    await world.prove(1_000);
    const requestId = await world.submit({ mode: 'compressed' });
    await world.settle();
    await world.endStage(requestId);
    await start(requestId);
    assert.ok(!isNear(requestId));
  });

  it('is the same when the clock is set', async () => {
    await world.prove(100_000);
    const requestId = await proving();
    await world.clock.set(-3_600_000);
    assert.deepEqual(await nearAt(requestId, [0, 98_000]), [false, true]);
  });

  it('learns nothing of a try without a proof, and is far until the next one runs', async () => {
    await world.prove(1_000);
    const requestId = await proving();
    await world.clock.advance(500_000);
    world.lanes.waiting
      .find(({ job }) => job.requestId === requestId)
      ?.answer(failed(fail('ENGINE_LOST', { laneId: laneId('scripted-prove'), detail: 'killed', blame: true })));
    await world.settle();
    assert.ok(!isNear(requestId));
    assert.deepEqual(await nearAt(await proving(), [0, 4_000]), [true, false]);
  });

  it('forgets the oldest programs, of a thousand', async () => {
    await world.prove(1_000);
    for (let n = 0; n < 1_024; n += 1) report(`${n}`);
    assert.ok(!isNear(await proving()));
  });

  /** A proof of a program of its own, as the registry would tell of it. */
  function report(vkHash: string): void {
    const [proving] = world.seen.filter(({ state }) => state === 'proving').slice(-1);
    const [fulfilled] = world.seen.filter(({ state }) => state === 'fulfilled').slice(-1);
    for (const view of [proving, fulfilled]) tell({ ...view, request: { ...view?.request, vkHash } } as RequestView);
  }
});
