// One requester's ten thousand and another's one, through the real registry, admission, dispatcher and lanes. Only the engines are
// played: they finish a job when the test says so.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Engine } from '../engines/engine.js';
import { type Job, proofModes, type Stage } from '../engines/jobs.js';
import { fail } from '../failures/fail.js';
import { failed, type Outcome, succeeded } from '../failures/outcome.js';
import { type Address, laneId, type RequestId } from '../ids.js';
import { createDispatcher, type LaneSpec } from '../lanes/createDispatcher.js';
import { createLog } from '../log.js';
import { ampleCapacity } from '../testkit/engine/laneRig.js';
import { playedHost } from '../testkit/engine/playedHost.js';
import { successOf } from '../testkit/engine/scriptedLanes.js';
import { createWorld, type World } from '../testkit/world/world.js';

interface PlayedJob {
  readonly job: Job;
  finish(): void;
}

/** Engines that have been given a job, in the order in which they were. */
function playedEngines() {
  const running: PlayedJob[] = [];
  const open = (): Engine =>
    ({
      kind: 'cpu',
      connected: true,
      programs: new Set(),
      connect: async () => succeeded(undefined),
      info: async () => failed(fail('ENGINE_REFUSED', { laneId: laneId('played'), detail: 'it tells nothing' })),
      waitReady: async () => succeeded(undefined),
      run: (job: Job) =>
        new Promise<Outcome<unknown>>((resolve) => {
          const played = {
            job,
            finish() {
              running.splice(running.indexOf(played), 1);
              resolve(successOf(job));
            },
          };
          running.push(played);
        }),
      forget: async () => succeeded(undefined),
      close: async () => undefined,
    }) as unknown as Engine;
  return { running, open };
}

const lane = (stage: Stage): LaneSpec => ({
  id: laneId(`played-${stage}`),
  stage,
  modes: stage === 'prove' ? proofModes : [],
  engine: { kind: 'gpu', socketPath: `/nowhere/${stage}` },
});

test('ten thousand waiting requests of one delay the single one of another by two proofs at most', {
  timeout: 300_000,
}, async (t) => {
  const engines = playedEngines();
  const world: World = await createWorld({
    window: 64,
    maxOpen: 20_000,
    maxOpenOfRequester: 10_000,
    scheduling(clock) {
      const dispatcher = createDispatcher({
        lanes: [lane('execute'), lane('prove'), lane('verify')],
        capacity: ampleCapacity,
        engines: playedHost('gpu', engines.open),
        limits: { jobs: 20_000, bytes: Number.POSITIVE_INFINITY },
        clock,
        log: createLog('silent'),
      });
      t.after(() => dispatcher.stop());
      dispatcher.start();
      return dispatcher;
    },
  });
  t.after(() => world.end());
  const [crowd, single] = ['aa'.repeat(20), 'bb'.repeat(20)] as [Address, Address];
  const proofsMade: RequestId[] = [];

  /** Every lane finishes what it has. Executing and verifying take no time beside proving. */
  async function makeOneProof(): Promise<void> {
    for (let isProved = false; !isProved; await world.settle()) {
      const next = engines.running.find(({ job }) => job.stage !== 'prove') ?? engines.running[0];
      assert.ok(next, 'every lane is idle');
      isProved = next.job.stage === 'prove';
      if (isProved) proofsMade.push(next.job.requestId);
      next.finish();
    }
  }

  await Promise.all(Array.from({ length: 10_000 }, () => world.submit({ requester: crowd })));
  await world.settle();
  await makeOneProof();
  await makeOneProof();
  proofsMade.length = 0;

  // Later than all, and with the latest deadline of all.
  const deadlineAt = world.clock.now() + 2_000_000_000;
  const requestId = await world.submit({ requester: single, deadlineAt });
  while (proofsMade.length < 3) await makeOneProof();
  // One was being made, and the crowd had come first.
  assert.ok(proofsMade.includes(requestId));
});
