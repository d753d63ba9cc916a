import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Job } from '../engines/jobs.js';
import { fail } from '../failures/fail.js';
import { FailureError } from '../failures/failureError.js';
import { failed, type Outcome } from '../failures/outcome.js';
import { type Address, laneId, type RequestId } from '../ids.js';
import type { ProofRequest } from '../machines/request/rules.js';
import { scriptedExecution, successOf } from '../testkit/engine/scriptedLanes.js';
import { sampleArtifactId } from '../testkit/sampleIds.js';
import { createWorld, requester, type World } from '../testkit/world/world.js';

const stagesOf = (world: World) => world.lanes.waiting.map(({ job }) => job.stage);

/** Answers waiting jobs flawlessly until none is left. */
async function finish(world: World): Promise<void> {
  await world.settle();
  for (let next = world.lanes.waiting[0]; next !== undefined; next = world.lanes.waiting[0]) {
    next.answer(successOf(next.job));
    await world.settle();
  }
}

const codeOf = (code: string) => (error: unknown) => error instanceof FailureError && error.failure.code === code;

describe('a request in the system', () => {
  it('goes through all states, each on disk before it is seen', async () => {
    const world = await createWorld();
    const id = await world.submit();
    assert.deepEqual(
      world.journal(id).map(({ to }) => to),
      ['requested'],
    );
    await finish(world);
    const view = world.system.registry.view(id);
    assert.equal(view?.state, 'fulfilled');
    assert.deepEqual(view?.state === 'fulfilled' && view.execution, scriptedExecution);
    assert.deepEqual(
      world.journal(id).map(({ to }) => to),
      [
        'requested',
        'executing.waiting',
        'executing.running',
        'proving.waiting',
        'proving.running',
        'verifying.waiting',
        'verifying.running',
        'fulfilled',
      ],
    );
    for (const seen of world.seen) assert.ok(seen.seq < world.journal(id).length);
    await world.end();
  });

  it('leaves nothing of its input, and keeps its proof until the retention ends', async () => {
    const world = await createWorld();
    const id = await world.submit();
    const stdin = world.layout.final(world.system.registry.view(id)?.request.stdin.id as never, 'stdin').path;
    assert.ok(existsSync(stdin));
    await finish(world);
    assert.ok(!existsSync(stdin));
    const view = world.system.registry.view(id);
    assert.ok(view?.state === 'fulfilled');
    assert.ok(existsSync(world.layout.final(view.proof.id, 'proof').path));
    assert.equal(world.store.get('artifacts', view.request.stdin.id)?.spent, true);
    assert.deepEqual([...world.store.scan('results', [id])], []);
    assert.deepEqual(
      [...world.store.scan('expiries', [])].map(({ key }) => key[2]),
      [id],
    );
    await world.end();
  });

  it('is one request however often it is submitted, also at the same time and after its end', async () => {
    const world = await createWorld();
    const stdinId = sampleArtifactId();
    const deadlineAt = world.clock.now() + 1_000_000;
    const [first, second] = await Promise.all([
      world.submit({ stdinId, deadlineAt }),
      world.submit({ stdinId, deadlineAt }),
    ]);
    assert.equal(first, second);
    await finish(world);
    assert.equal(await world.submit({ stdinId, deadlineAt }), first);
    await assert.rejects(world.submit({ stdinId, deadlineAt, mode: 'compressed' }), codeOf('REQUEST_CONFLICT'));
    await world.end();
  });

  it('refuses a deadline in the past and more than it can hold', async () => {
    const world = await createWorld({ maxOpen: 1 });
    await assert.rejects(world.submit({ deadlineAt: world.clock.now() }), codeOf('DEADLINE_PASSED'));
    await world.submit();
    await assert.rejects(world.submit(), codeOf('QUEUE_FULL'));
    await world.end();
  });

  it('refuses one requester’s next when it has as many open as it may, and takes another’s', async () => {
    const world = await createWorld({ maxOpenOfRequester: 2 });
    const [first] = await Promise.all([world.submit(), world.submit()]);
    const full = { code: 'REQUESTER_QUEUE_FULL', retry: 'transient', requester, limit: 2 };
    await assert.rejects(world.submit(), { failure: full });
    // The same again is no new request.
    const { stdin, deadlineAt } = world.system.registry.view(first)?.request as ProofRequest;
    assert.equal(await world.submit({ stdinId: stdin.id, deadlineAt }), first);
    await world.submit({ requester: '99'.repeat(20) as Address });
    const again = await world.reborn();
    await assert.rejects(again.submit(), { failure: full });
    await finish(again);
    await again.submit();
    await again.end();
  });

  it('gives the lane that executes it what its requester has announced', async () => {
    const world = await createWorld();
    const publicValuesHash = '66'.repeat(32);
    await world.submit({ flavour: 'auction', publicValuesHash });
    await world.submit();
    await world.settle();
    const announced = world.lanes.waiting.map(({ job }) => job.stage === 'execute' && job.announcedDigest);
    assert.deepEqual(announced, [publicValuesHash, undefined]);
    await world.end();
  });

  it('admits no more than the window at once', async () => {
    const world = await createWorld({ window: 2 });
    const ids = await Promise.all([world.submit(), world.submit(), world.submit()]);
    await world.settle();
    const states = () => ids.map((id) => world.system.registry.view(id)?.state);
    assert.deepEqual(states(), ['executing', 'executing', 'requested']);
    await finish(world);
    assert.deepEqual(states(), ['fulfilled', 'fulfilled', 'fulfilled']);
    await world.end();
  });

  it('can be cancelled and expires while it waits for its turn, also after a crash, and takes no other’s place', async () => {
    const world = await createWorld({ window: 1 });
    const first = await world.submit();
    const soon = world.clock.now() + 5_000;
    const [cancelled, expired, late, last] = [
      await world.submit(),
      await world.submit({ deadlineAt: soon }),
      await world.submit({ deadlineAt: soon + 5_000 }),
      await world.submit(),
    ];
    await world.settle();
    world.system.registry.cancel(cancelled);
    await world.clock.advance(5_000);
    await world.settle();
    const next = await world.reborn();
    await next.clock.advance(5_000);
    await next.settle();
    const states = () => [first, cancelled, expired, late, last].map((id) => next.system.registry.view(id)?.state);
    assert.deepEqual(states(), ['executing', 'cancelled', 'expired', 'expired', 'requested']);
    assert.deepEqual(
      next.journal(expired).map(({ to }) => to),
      ['requested', 'expired'],
    );
    await finish(next);
    assert.deepEqual(states(), ['fulfilled', 'cancelled', 'expired', 'expired', 'fulfilled']);
    await next.end();
  });

  it('stops its work when it is cancelled, and when its deadline passes', async () => {
    const world = await createWorld();
    const cancelled = await world.submit();
    const expired = await world.submit({ deadlineAt: world.clock.now() + 5_000 });
    await world.settle();
    world.system.registry.cancel(cancelled);
    await world.clock.advance(5_000);
    await world.settle();
    assert.deepEqual(
      [cancelled, expired].map((id) => world.system.registry.view(id)?.state),
      ['cancelled', 'expired'],
    );
    assert.deepEqual(world.lanes.waiting, []);
    await world.end();
  });

  it('comes back after a crash where it was, and first in line if it was running', async () => {
    const world = await createWorld();
    const running = await world.submit();
    const waiting = await world.submit();
    await world.settle();
    world.lanes.waiting.find(({ job }) => job.requestId === running)?.grant();
    await world.settle();
    const next = await world.reborn();
    await next.settle();
    assert.equal(next.system.registry.view(running)?.state, 'executing');
    const termsOf = (id: RequestId) => next.lanes.waiting.find(({ job }) => job.requestId === id)?.terms;
    assert.equal(termsOf(running)?.resumed, true);
    assert.equal(termsOf(waiting)?.resumed, false);
    await finish(next);
    assert.equal(next.system.registry.view(running)?.state, 'fulfilled');
    assert.deepEqual(
      next
        .journal(running)
        .map(({ to }) => to)
        .slice(2, 5),
      ['executing.running', 'executing.waiting', 'executing.running'],
    );
    await next.end();
  });

  it('does not prove again what was proved before the crash', async () => {
    const world = await createWorld();
    const id = await world.submit();
    await world.settle();
    world.lanes.waiting[0]?.answer(successOf(world.lanes.waiting[0].job));
    await world.settle();
    const prove = world.lanes.waiting[0];
    assert.equal(prove?.job.stage, 'prove');
    prove?.answer(successOf(prove.job));
    // The result is on disk, the transition perhaps not.
    for (let turn = 0; world.store.get('results', id, 'prove', 1) === undefined; turn += 1) {
      assert.ok(turn < 100_000);
      await world.clock.settle();
    }
    const next = await world.reborn();
    await next.settle();
    assert.deepEqual(stagesOf(next), ['verify']);
    await finish(next);
    assert.equal(next.system.registry.view(id)?.state, 'fulfilled');
    await next.end();
  });
});

/** What lanes do to a request, by stage and by how often the stage was tried: the same in every life. */
type Script = Record<Exclude<Job['stage'], 'setup'>, ReadonlyArray<'ok' | 'lost' | 'refused' | 'guest' | 'invalid'>>;

const lane = laneId('scripted');
function outcomeOf(script: Script, job: Job): Outcome<never> {
  switch (job.stage === 'setup' ? 'ok' : (script[job.stage][job.attempt - 1] ?? 'ok')) {
    case 'lost':
      return failed(fail('ENGINE_LOST', { laneId: lane, detail: 'exit code 1', blame: true }));
    case 'refused':
      return failed(fail('ENGINE_REFUSED', { laneId: lane, detail: 'no' }));
    case 'guest':
      return failed(fail('GUEST_FAILED', { cause: 'BREAKPOINT', exitCode: 0, cycles: '1' }));
    case 'invalid':
      return failed(fail('PROOF_INVALID', { reason: 'shape' }));
    default:
      return successOf(job) as Outcome<never>;
  }
}

/** Runs the scripts to their ends; `crashAt` lists the steps before which the process dies. Answers how each request ended. */
async function play(scripts: readonly Script[], crashAt: ReadonlySet<number>): Promise<string[]> {
  let world = await createWorld();
  const ids: RequestId[] = [];
  for (const _ of scripts) ids.push(await world.submit());
  for (let step = 0; step < 500; step += 1) {
    // A crash falls between two awaits: sometimes with writes under way.
    if (crashAt.has(step)) world = await world.reborn();
    await (step % 3 === 0 ? world.clock.settle() : world.settle());
    const next = world.lanes.waiting[step % Math.max(1, world.lanes.waiting.length)];
    if (next !== undefined) {
      const script = scripts[ids.indexOf(next.job.requestId)] as Script;
      next.answer(outcomeOf(script, next.job));
    } else if (step % 2 === 0) {
      await world.settle();
      await world.clock.advance(20_000);
      if (world.lanes.waiting.length === 0 && [...world.store.scan('openRequests', [])].length === 0) break;
    }
  }
  await world.settle();
  const ends = ids.map((id) => {
    const view = world.system.registry.view(id);
    const deliveries = world.journal(id).filter(({ to }) => to === 'fulfilled').length;
    return `${view?.state} ${view?.state === 'failed' ? view.failure.code : ''} ${deliveries}`;
  });
  await world.end();
  return ends;
}

describe('crash anywhere', () => {
  const outcome = fc.constantFrom('ok', 'ok', 'lost', 'refused') as fc.Arbitrary<'ok' | 'lost' | 'refused'>;
  const script: fc.Arbitrary<Script> = fc.record({
    execute: fc.array(
      fc.oneof({ weight: 5, arbitrary: outcome }, { weight: 1, arbitrary: fc.constant('guest' as const) }),
      { maxLength: 3 },
    ),
    prove: fc.array(outcome, { maxLength: 3 }),
    verify: fc.array(
      fc.oneof({ weight: 4, arbitrary: outcome }, { weight: 1, arbitrary: fc.constant('invalid' as const) }),
      { maxLength: 2 },
    ),
  });

  it('ends as a calm run does, with the same deliveries', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(script, { minLength: 1, maxLength: 3 }),
        fc.uniqueArray(fc.nat(25), { minLength: 1, maxLength: 4 }),
        async (scripts, crashes) => {
          const calm = await play(scripts, new Set());
          assert.deepEqual(await play(scripts, new Set(crashes)), calm);
          for (const end of calm) assert.match(end, /^(fulfilled {2}1|failed \w+ 0)$/);
        },
      ),
      { numRuns: 25 },
    );
  });
});

it('the journal says on which lane, at which try, in which life of the service, and why a stage has failed', async () => {
  const world = await createWorld();
  const id = await world.submit();
  await world.settle();
  await world.endStage(id);
  const failure = fail('ENGINE_LOST', { laneId: laneId('scripted-prove'), detail: 'signal SIGSEGV', blame: true });
  world.lanes.waiting[0]?.answer(failed(failure));
  await world.settle();
  const next = await world.reborn();
  await next.clock.advance(60_000);
  await next.settle();
  const entries = next.journal(id);
  const fault = entries.find(({ to }) => to === 'proving.backingOff');
  assert.deepEqual([fault?.lane, fault?.attempt, fault?.failure, fault?.life], ['scripted-prove', 1, failure, 1]);
  const again = entries.at(-1);
  assert.deepEqual([again?.to, again?.lane, again?.attempt, again?.life], ['proving.waiting', undefined, 2, 2]);
  assert.deepEqual([entries[0]?.life, entries[0]?.lane], [1, undefined]);
  await next.end();
});
