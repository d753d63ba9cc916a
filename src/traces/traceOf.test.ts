// Traces of whole requests, as a collector on a real port receives them: what is in them, and what never is.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import { fail } from '../failures/fail.js';
import { failed } from '../failures/outcome.js';
import { laneId, type RequestId, type Sha256 } from '../ids.js';
import { passUntil, sentIs, startTraced } from '../testkit/traces/tracesRig.js';
import { requester, type World } from '../testkit/world/world.js';

const canary = 'canary-5d1f';

async function loseEngine(world: World, requestId: RequestId): Promise<void> {
  const entry = world.lanes.waiting.find(({ job }) => job.requestId === requestId);
  assert.ok(entry);
  entry.grant();
  await world.settle();
  await world.clock.advance(3_000);
  entry.answer(failed(fail('ENGINE_LOST', { laneId: laneId('gpu-0'), detail: canary, blame: true })));
  await world.settle();
}

describe('traces of requests', { timeout: 120_000 }, () => {
  it('in the trace of a client that has one, below its span', async (t) => {
    const rig = await startTraced(t);
    const { world, collector } = rig;
    const [trace, span] = ['4bf92f3577b34da6a3ce929d0e0e4736', '00f067aa0ba902b7'];
    const requestId = await world.submit({ traceparent: `00-${trace}-${span}-01` });
    await world.settle();
    await world.system.registry.cancel(requestId);
    await sentIs(rig, 1);
    const [root, ...stays] = collector.spans;
    assert.deepEqual([root?.traceId, root?.parentSpanId], [trace, span]);
    assert.ok(stays.length > 0);
    for (const stay of stays) assert.deepEqual([stay.traceId, stay.parentSpanId], [trace, root?.spanId]);
  });

  it('one a request, with a span for its life and for each stage, wait, back-off and try', async (t) => {
    const rig = await startTraced(t);
    const { world, collector } = rig;
    const requestId = await world.submit();
    await world.settle();
    await world.endStage(requestId, 1_000);
    await loseEngine(world, requestId);
    await passUntil(world, () => world.lanes.waiting.some(({ job }) => job.requestId === requestId));
    await world.endStage(requestId, 20_000);
    await world.endStage(requestId, 500);
    assert.deepEqual(collector.bodies, [], 'nothing is sent before it has ended');
    await sentIs(rig, 1);

    const [root, ...stays] = collector.spans;
    assert.ok(root);
    assert.deepEqual(collector.resource, { 'service.name': 'sealed-prover', 'service.version': '1.2.3' });
    assert.equal(root.traceId, createHash('sha256').update(requestId).digest('hex').slice(0, 32));
    assert.deepEqual(root.attributes, {
      'sealed.mode': 'core',
      'sealed.state': 'fulfilled',
      'sealed.cycles': '1234',
    });
    assert.equal(root.parentSpanId, undefined);
    assert.deepEqual(
      root.events.map(({ name, attributes }) => [name, attributes['sealed.failure.code']]),
      [['stage.failed', 'ENGINE_LOST']],
    );
    assert.deepEqual(
      stays.map(({ name, ms }) => `${name} ${name.endsWith('running') ? ms : ''}`.trim()),
      [
        'requested',
        'executing.waiting',
        'executing.running 1000',
        'proving.waiting',
        'proving.running 3000',
        'proving.backingOff',
        'proving.waiting',
        'proving.running 20000',
        'verifying.waiting',
        'verifying.running 500',
      ],
    );
    for (const span of stays) assert.deepEqual([span.traceId, span.parentSpanId], [root.traceId, root.spanId]);
    assert.equal(new Set(collector.spans.map(({ spanId }) => spanId)).size, collector.spans.length);
    assert.equal(
      stays.reduce((sum, { ms }) => sum + ms, 0),
      root.ms,
      'they fill its life',
    );
    const [first, second] = stays.filter(({ name }) => name === 'proving.running');
    const lanes = world.journal(requestId).filter(({ to }) => to === 'proving.running');
    assert.ok(first && second && lanes[0]?.lane);
    assert.deepEqual(first.attributes, {
      'sealed.stage': 'proving',
      'sealed.phase': 'running',
      'sealed.attempt': '1',
      'sealed.lane': lanes[0].lane,
      'sealed.life': '1',
      'sealed.failure.code': 'ENGINE_LOST',
    });
    assert.deepEqual(first.status, { code: 2, message: 'ENGINE_LOST' });
    assert.deepEqual([second.attributes['sealed.attempt'], second.status], ['2', undefined]);
  });

  it('go on over a kill -9: what the journal has is in them, and that it happened', async (t) => {
    const rig = await startTraced(t);
    const requestId = await rig.world.submit();
    await rig.world.settle();
    await rig.world.endStage(requestId, 1_000);
    const world = await rig.world.reborn();
    t.after(() => world.assembly.stop());
    await world.settle();
    await world.endStage(requestId, 5_000);
    await world.endStage(requestId);
    await sentIs({ ...rig, world }, 1);
    const [root, ...stays] = rig.collector.spans;
    assert.deepEqual(root?.events, [{ name: 'service.restarted', attributes: { 'sealed.life': '2' } }]);
    assert.deepEqual(
      stays
        .filter(({ name }) => name.endsWith('.running'))
        .map(({ name, ms, attributes }) => [name, ms, attributes['sealed.life']]),
      [
        ['executing.running', 1_000, '1'],
        ['proving.running', 5_000, '2'],
        ['verifying.running', 0, '2'],
      ],
    );
  });

  it('of a request that failed or was cancelled say so', async (t) => {
    const rig = await startTraced(t);
    const { world, collector } = rig;
    const poor = await world.submit();
    await world.settle();
    const entry = world.lanes.waiting.find(({ job }) => job.requestId === poor);
    entry?.grant();
    entry?.answer(failed(fail('GUEST_FAILED', { detail: canary } as never)));
    await world.settle();
    const cancelled = await world.submit();
    await world.settle();
    await world.system.registry.cancel(cancelled);
    await sentIs(rig, 2);
    const roots = collector.spans.filter(({ parentSpanId }) => parentSpanId === undefined);
    assert.deepEqual(
      roots.map(({ attributes, status }) => [
        attributes['sealed.state'],
        attributes['sealed.failure.code'],
        status?.code,
      ]),
      [
        ['failed', 'GUEST_FAILED', 2],
        ['cancelled', undefined, undefined],
      ],
    );
  });

  it('have nothing of input, requester, program, ids, words of engines, or operators and their reasons', async (t) => {
    const rig = await startTraced(t);
    const { world, collector } = rig;
    const requestId = await world.submit();
    await world.settle();
    await world.endStage(requestId);
    await loseEngine(world, requestId);
    const act = {
      operator: `${canary}-operator`,
      isClaimed: true,
      action: 'request.cancel',
      target: requestId,
      reason: `${canary}-reason`,
      operationId: `${canary}-operation`,
      call: 'cc'.repeat(32) as Sha256,
      effects: [`${canary}-effect`],
    };
    await world.system.actRequest({ id: requestId, event: { type: 'CANCEL' }, expectedSeq: 0, act });
    await sentIs(rig, 1);
    const [root] = collector.spans;
    assert.ok(
      root?.events.some(({ name }) => name === 'operator.acted'),
      'that somebody acted is in it',
    );
    const [body = ''] = collector.bodies;
    const view = world.system.registry.view(requestId);
    assert.ok(view);
    const { stdin, vkHash } = view.request;
    for (const secret of [canary, requestId, requester, vkHash, stdin.id, stdin.sha256, act.call])
      assert.ok(!body.includes(secret) && !body.includes(secret.slice(-16)), secret);
  });
});
