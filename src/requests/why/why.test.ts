// Each reason in the scripted world, with its figures and its sentence; and that no open request is ever without one.
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { fail } from '../../failures/fail.js';
import { failed } from '../../failures/outcome.js';
import { type Address, laneId, type RequestId, type Sha256 } from '../../ids.js';
import type { LaneReport } from '../../lanes/scheduling.js';
import { type Reason, type ReasonCode, reasonCodes } from '../../machines/reasons/reason.js';
import { reasonSentence } from '../../machines/reasons/reasonSentence.js';
import { successOf } from '../../testkit/engine/scriptedLanes.js';
import { createMemoryPages } from '../../testkit/world/memoryPages.js';
import { createWorld, type World } from '../../testkit/world/world.js';
import { createWhy } from './why.js';

const other = '12'.repeat(20) as Address;
const seen = new Set<ReasonCode>();

async function worldOf(t: TestContext, options: Parameters<typeof createWorld>[0] = {}): Promise<World> {
  const world = await createWorld({ pages: createMemoryPages(), ...options });
  t.after(() => world.end());
  return world;
}

function reasonsOf(world: World, id: RequestId): Reason[] {
  const view = world.system.registry.view(id);
  assert.ok(view);
  const reasons = [...world.system.why().reasonsOf(view)];
  for (const { code } of reasons) seen.add(code);
  return reasons;
}

const codesOf = (reasons: readonly Reason[]) => reasons.map(({ code }) => code);
const sentencesOf = (reasons: readonly Reason[]) => reasons.map(reasonSentence).join(' ');

const lane = (id: string, state: LaneReport['state'], changes: Partial<LaneReport> = {}): LaneReport => ({
  id: laneId(id),
  kind: 'cpu',
  stage: 'prove',
  state,
  modes: ['core'],
  serves: ['core'],
  warm: true,
  crashes: 0,
  crashesInWindow: 0,
  forMs: 1_000,
  resumesInMs: undefined,
  lastFailure: null,
  current: undefined,
  programs: [],
  ...changes,
});

/** One request that waits for a lane which proves, and the lanes that are there. */
async function waitingWith(t: TestContext, ...lanes: LaneReport[]) {
  const world = await worldOf(t);
  const id = await world.submit();
  await world.settle();
  await world.endStage(id);
  world.lanes.reports = lanes;
  return { world, id };
}

test('ADMISSION_WINDOW and TURN_OF_OTHERS: as many are under way as may be, and others are before it', async (t) => {
  const world = await worldOf(t, { window: 1 });
  const ids = [];
  for (const requester of [undefined, other, undefined, undefined]) {
    ids.push(await world.submit(requester ? { requester } : {}));
    await world.settle();
  }
  const last = reasonsOf(world, ids[3] as RequestId);
  assert.deepEqual(last, [
    { code: 'ADMISSION_WINDOW', inside: 1, window: 1, ahead: 2 },
    { code: 'TURN_OF_OTHERS', ahead: 2, aheadOfOwn: 1, requesters: 1 },
  ]);
  assert.equal(
    sentencesOf(last),
    'It waits to be admitted: of at most 1 requests 1 are under way, with 2 before it in the line. Before it in the line: 2, of which 1 of its own requester and the rest of 1 more.',
  );
});

test('LANES_BUSY: which lanes, and when the first is expected to be free', async (t) => {
  const { world, id } = await waitingWith(t, lane('gpu-0', 'busy'));
  assert.deepEqual(reasonsOf(world, id), [{ code: 'LANES_BUSY', lanes: ['gpu-0'], soonestMs: undefined }]);
  // Known from the proofs of its program that were made here.
  world.lanes.waiting[0]?.grant();
  await world.settle();
  await world.clock.advance(60_000);
  world.lanes.waiting[0]?.answer(successOf(world.lanes.waiting[0].job));
  await world.settle();
  const [next, running] = [await world.submit(), await world.submit()];
  await world.settle();
  for (const each of [next, running]) await world.endStage(each);
  world.lanes.waiting.find(({ job }) => job.requestId === running)?.grant();
  await world.settle();
  const current = { requestId: running, forMs: 20_000, progress: undefined, missingBytes: 0 };
  world.lanes.reports = [lane('gpu-0', 'busy', { current })];
  assert.deepEqual(reasonsOf(world, next), [{ code: 'LANES_BUSY', lanes: ['gpu-0'], soonestMs: 40_000 }]);
  assert.match(
    sentencesOf(reasonsOf(world, next)),
    /^It waits for a lane: gpu-0 is busy; the first is expected to be free in 40 s\.$/,
  );
});

test('LANES_COOLING, LANES_QUARANTINED, LANES_PREPARING, LANES_STARTING, LANES_STOPPED: each lane that could do it, by what it is at', async (t) => {
  const lastFailure = fail('ENGINE_LOST', { laneId: laneId('gpu-1'), detail: 'signal SIGSEGV', blame: true });
  const { world, id } = await waitingWith(
    t,
    lane('gpu-1', 'cooling', { resumesInMs: 41_000, lastFailure }),
    lane('gpu-2', 'quarantined', { resumesInMs: null }),
    lane('gpu-3', 'starting'),
    lane('gpu-4', 'stopped'),
    lane('gpu-6', 'preparing'),
    lane('verify-0', 'busy', { stage: 'verify', serves: ['verify'] }),
    lane('gpu-5', 'busy', { serves: ['compressed'] }),
  );
  const reasons = reasonsOf(world, id);
  assert.deepEqual(codesOf(reasons), [
    'LANES_PREPARING',
    'LANES_COOLING',
    'LANES_QUARANTINED',
    'LANES_STARTING',
    'LANES_STOPPED',
  ]);
  assert.equal(
    sentencesOf(reasons),
    'gpu-6 is being prepared by an operator: a program is set up or freed there, and it is given jobs again right after. gpu-1 is cooling down for 41 s more. The engine on lane gpu-1 was lost: signal SIGSEGV. gpu-2 is in quarantine, for restarting did not help, and starts at an operator’s word only. gpu-3 is starting. gpu-4 is stopped.',
  );
  const bad = fail('PROOF_INVALID', { reason: 'no' });
  world.lanes.reports = [lane('gpu-2', 'quarantined', { resumesInMs: 1_200_000, lastFailure: bad })];
  assert.match(
    sentencesOf(reasonsOf(world, id)),
    /^gpu-2 is in quarantine, for proofs of it do not verify, and starts/,
  );
  world.lanes.reports = [lane('gpu-2', 'quarantined', { resumesInMs: 1_200_000 })];
  assert.match(sentencesOf(reasonsOf(world, id)), /and starts again in 20 min 0 s\.$/);
});

test('NO_LANE_FOR_MODE: no lane does such work', async (t) => {
  const { world, id } = await waitingWith(t, lane('verify-0', 'ready', { stage: 'verify', serves: ['verify'] }));
  assert.deepEqual(codesOf(reasonsOf(world, id)), ['NO_LANE_FOR_MODE']);
  assert.match(sentencesOf(reasonsOf(world, id)), /^No lane here makes core proofs: /);
});

test('LANE_COLD, MEMORY_SHORT, RUNNING, SILENT: what it does on its lane', async (t) => {
  const world = await worldOf(t);
  for (let proof = 0; proof < 3; proof += 1) await world.prove(60_000);
  const id = await world.submit();
  await world.settle();
  await world.endStage(id);
  world.lanes.waiting[0]?.grant();
  await world.settle();
  const current = { requestId: id, forMs: 10_000, progress: undefined, missingBytes: 0 };
  const at = (changes: Partial<typeof current>, warm = true) => {
    world.lanes.reports = [lane('gpu-0', 'busy', { warm, current: { ...current, ...changes } })];
    return reasonsOf(world, id);
  };
  assert.deepEqual(at({}, false), [{ code: 'LANE_COLD', lane: 'gpu-0', forMs: 10_000, loading: undefined }]);
  assert.deepEqual(at({ missingBytes: 2.5e9 }), [{ code: 'MEMORY_SHORT', lane: 'gpu-0', missingBytes: 2.5e9 }]);
  assert.match(sentencesOf(at({ missingBytes: 2.5e9 })), /2\.5 GB are missing/);
  const running = { stage: 'prove', lane: 'gpu-0', usualMs: 60_000 };
  assert.deepEqual(at({}), [{ code: 'RUNNING', ...running, forMs: 10_000 }]);
  assert.deepEqual(at({ forMs: 180_000 }), [{ code: 'RUNNING', ...running, forMs: 180_000 }]);
  assert.deepEqual(at({ forMs: 180_001 }), [{ code: 'SILENT', ...running, forMs: 180_001 }]);
  assert.match(
    sentencesOf(at({ forMs: 600_000 })),
    /runs on gpu-0 for 10 min 0 s, far longer than usual; this program usually takes 1 min 0 s\./,
  );
  // Where its stage takes a second, a minute is not long yet.
  const execution = await world.submit();
  await world.settle();
  const executing = (forMs: number) => {
    world.lanes.reports = [lane('cpu-execute-0', 'busy', { current: { ...current, requestId: execution, forMs } })];
    return codesOf(reasonsOf(world, execution));
  };
  world.lanes.waiting.find(({ job }) => job.requestId === execution)?.grant();
  await world.settle();
  assert.deepEqual([executing(60_000), executing(60_001)], [['RUNNING'], ['SILENT']]);
});

test('BACKING_OFF, DISK_FULL: until when, after which fault', async () => {
  const world = await createWorld({ pages: createMemoryPages() });
  const id = await world.submit();
  await world.settle();
  await world.endStage(id);
  const last = fail('ENGINE_LOST', { laneId: laneId('scripted-prove'), detail: 'signal SIGSEGV', blame: true });
  world.lanes.waiting[0]?.answer(failed(last));
  await world.settle();
  const [reason] = reasonsOf(world, id);
  assert.deepEqual(reason, { code: 'BACKING_OFF', untilAt: world.clock.now() + 2_000, faults: 1, mostFaults: 3, last });
  assert.match(
    sentencesOf(reasonsOf(world, id)),
    /^It pauses until .* after fault 1 of 3\. The engine on lane scripted-prove was lost/,
  );
  // It is on disk: a restart forgets none of it.
  const next = await world.reborn();
  assert.deepEqual(codesOf(reasonsOf(next, id)), ['BACKING_OFF']);
  assert.deepEqual((reasonsOf(next, id)[0] as { last?: unknown }).last, last);
  await next.clock.advance(60_000);
  next.lanes.waiting[0]?.answer(failed(fail('DISK_FULL')));
  await next.settle();
  assert.deepEqual(codesOf(reasonsOf(next, id)), ['DISK_FULL', 'BACKING_OFF']);
  await next.end();
});

test('QUARANTINED, BUCKET_UNAVAILABLE, SIGNER_ABSENT, MOVING: what the world does not script', async (t) => {
  const { world, id } = await waitingWith(t);
  const view = world.system.registry.view(id);
  assert.ok(view?.state === 'proving');
  const why = (changes: Partial<Parameters<typeof createWhy>[0]>) =>
    createWhy({
      viewOf: () => view,
      setAside: new Set(),
      admission: world.system.admission,
      scheduling: { laneReports: () => [], line: () => [], refusal: () => undefined, awaited: () => '' },
      obstacles: new Map(),
      usual: { of: () => undefined },
      orders: { of: () => undefined },
      unsigned: () => undefined,
      lastFailure: () => undefined,
      clock: world.clock,
      ...changes,
    })();
  const codes = (
    changes: Parameters<typeof why>[0],
    of = view as Parameters<ReturnType<typeof why>['reasonsOf']>[0],
  ) => {
    const look = why(changes);
    const reasons = [...look.reasonsOf(of)];
    assert.equal(look.codeOf(of), reasons[0]?.code);
    for (const { code } of reasons) seen.add(code);
    for (const reason of reasons) assert.match(reasonSentence(reason), /^[A-Z].*\.$/);
    return codesOf(reasons);
  };
  assert.deepEqual(codes({ setAside: new Set([id]) }), ['QUARANTINED', 'MOVING']);
  const since = world.clock.steady() - 90_000;
  assert.deepEqual(codes({ obstacles: new Map([[id, { code: 'BUCKET_UNAVAILABLE', since }]]) }), [
    'BUCKET_UNAVAILABLE',
    'MOVING',
  ]);
  assert.deepEqual(codes({}), ['MOVING']);
  const signing = { ...view, state: 'signing' } as const;
  assert.deepEqual(codes({ unsigned: () => 'no key is registered' }, signing), ['SIGNER_ABSENT']);
  assert.deepEqual(codes({}, signing), ['RUNNING']);
});

test('no open request is without a reason, whatever its state, and none that has ended has one', async (t) => {
  const world = await worldOf(t, { window: 2 });
  const check = () => {
    for (const view of world.seen.map(({ request }) => world.system.registry.view(request.requestId))) {
      if (view === undefined) continue;
      const look = world.system.why();
      const codes = codesOf([...look.reasonsOf(view)]);
      assert.equal(look.codeOf(view), codes[0]);
      assert.equal(codes.length > 0, !['fulfilled', 'failed', 'cancelled', 'expired'].includes(view.state), view.state);
    }
  };
  for (let n = 0; n < 4; n += 1) {
    await world.submit();
    check();
    await world.settle();
    check();
  }
  for (let next = world.lanes.waiting[0]; next !== undefined; next = world.lanes.waiting[0]) {
    next.grant();
    check();
    await world.settle();
    check();
    next.answer(successOf(next.job));
    check();
    await world.settle();
    check();
  }
});

test('DISPATCH_PAUSED and LANES_DRAINED: who has ordered it, and why', async (t) => {
  const { world, id } = await waitingWith(t, lane('gpu-0', 'ready'), lane('gpu-1', 'busy'));
  const { orders } = world.assembly;
  const act = { operator: 'ada', isClaimed: true, action: 'test', target: '', reason: 'a new driver', effects: [] };
  const written = { ...act, operationId: 'test', call: '00'.repeat(32) as Sha256 };
  await orders.set('dispatch', { what: 'paused' }, written);
  await orders.set(`lane.${laneId('gpu-0')}`, { what: 'drained' }, written);
  assert.deepEqual(reasonsOf(world, id), [
    { code: 'DISPATCH_PAUSED', by: 'ada', sinceAt: world.clock.now(), why: 'a new driver' },
    { code: 'LANES_BUSY', lanes: ['gpu-1'], soonestMs: undefined },
    { code: 'LANES_DRAINED', lanes: ['gpu-0'], by: 'ada', why: 'a new driver' },
  ]);
  assert.match(
    sentencesOf(reasonsOf(world, id)),
    /^Dispatch is paused by ada since .*: a new driver\. .* gpu-0 is given/,
  );
});

test('HELD: until when, and after which failure', async () => {
  const world = await createWorld({ pages: createMemoryPages(), holdFailedMs: 60_000 });
  const id = await world.submit();
  await world.settle();
  world.lanes.waiting[0]?.answer(failed(fail('INTERNAL', { reference: 'ab' })));
  await world.settle();
  const failure = fail('INTERNAL', { reference: 'ab' });
  const reasons = reasonsOf(world, id);
  assert.deepEqual(reasons, [{ code: 'HELD', failure, untilAt: world.clock.now() + 60_000 }]);
  assert.match(sentencesOf(reasons), /^It is held until .* for an operator to retry it or give it up\. /);
  await world.end();
});

test('every reason of the closed set was seen', () => {
  assert.deepEqual(
    reasonCodes.filter((code) => !seen.has(code)),
    [],
  );
});
