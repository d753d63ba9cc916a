// The lane machine: its whole graph, walked, and the numbers of its pauses.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { initialTransition, type SnapshotFrom, transition } from 'xstate';
import { getAdjacencyMap, toDirectedGraph } from 'xstate/graph';
import { fail } from '../../failures/fail.js';
import { laneId } from '../../ids.js';
import { edgesOf } from '../../testkit/machineGraph.js';
import { type LaneEvent, type Loss, laneMachine, laneStateOf, type WorkEnd } from './machine.js';

type Snapshot = SnapshotFrom<typeof laneMachine>;
const start = 1_700_000_000_000;
const failure = fail('ENGINE_LOST', { laneId: laneId('cpu-prove-0'), detail: 'exit code 134', blame: true });
const lossAt = (at: number): Loss => ({ failure, at });
const done = (actor: string, output?: unknown) =>
  ({ type: `xstate.done.actor.${actor}`, output }) as unknown as LaneEvent;
const error = (actor: string) =>
  ({ type: `xstate.error.actor.${actor}`, error: new Error('bug') }) as unknown as LaneEvent;
const ended = (end: WorkEnd) => done('work', end);
const prepared = (end: WorkEnd) => done('prepare', end);

const loss = lossAt(start);
const events: LaneEvent[] = [
  { type: 'START' },
  { type: 'STOP' },
  { type: 'GRANT' },
  { type: 'PREPARE' },
  { type: 'WARMED' },
  { type: 'ENGINE_DIED', loss },
  { type: 'DISTRUST', failure, until: start },
  done('startEngine', null),
  done('startEngine', loss),
  ended({ engine: 'kept' }),
  ended({ engine: 'discarded' }),
  ended({ engine: 'spent' }),
  ended({ engine: 'lost', loss }),
  prepared({ engine: 'kept' }),
  prepared({ engine: 'discarded' }),
  prepared({ engine: 'lost', loss }),
  done('endEngine'),
  done('cool'),
  ...['startEngine', 'endEngine', 'warmUp', 'watchEngine', 'work', 'prepare', 'cool'].map(error),
];

function statesInReach(): Snapshot[] {
  const map = getAdjacencyMap(laneMachine, {
    events,
    serializeState: ({ value, context }) =>
      JSON.stringify([value, context.recentCrashes.length, context.warm, context.distrustedUntil]),
    stopWhen: ({ context }) => context.recentCrashes.length > 5,
  });
  return Object.values(map).map(({ state }) => state as Snapshot);
}

test('every state can be reached and says what holds in it', () => {
  const reached = new Set(statesInReach().map(laneStateOf));
  const expected = ['stopped', 'starting', 'ready', 'busy', 'preparing', 'broken', 'cooling', 'quarantined'];
  assert.deepEqual([...reached].sort(), [...expected].sort());
  for (const child of toDirectedGraph(laneMachine).children)
    assert.match(child.stateNode.description ?? '', /\. Left (when|after) /);
});

test('every edge of the graph is taken', () => {
  const taken = new Set<unknown>();
  for (const state of statesInReach()) {
    for (const event of events) for (const edge of laneMachine.getTransitionData(state, event)) taken.add(edge);
  }
  const edges = edgesOf(laneMachine);
  assert.ok(edges.size > 20, `${edges.size} edges`);
  assert.deepEqual(
    [...edges].filter(([transition]) => !taken.has(transition)).map(([, id]) => id),
    [],
  );
});

/** Walks the machine without running any of its effects. */
function walk(from: Snapshot, ...steps: LaneEvent[]): Snapshot {
  let state = from;
  for (const step of steps) [state] = transition(laneMachine, state, step);
  return state;
}
const stopped = initialTransition(laneMachine)[0];
const ready = walk(stopped, { type: 'START' }, done('startEngine', null));
const crash = (at: number) => [{ type: 'ENGINE_DIED', loss: lossAt(at) }, done('endEngine')] as LaneEvent[];
const back = [done('cool'), done('startEngine', null)];

test('pauses grow with failures in a row, and a job that ends resets them', () => {
  let state = ready;
  const pauses: number[] = [];
  // Twelve minutes apart, so that none of them leads to quarantine.
  for (let at = start; pauses.length < 6; at += 12 * 60_000) {
    state = walk(state, ...crash(at));
    pauses.push((state.context.resumeAt ?? 0) - at);
    state = walk(state, ...back);
  }
  assert.deepEqual(pauses, [1_000, 2_000, 5_000, 15_000, 60_000, 60_000]);
  state = walk(state, { type: 'GRANT' }, ended({ engine: 'kept' }), ...crash(start));
  assert.equal(state.context.resumeAt, start + 1_000);
  assert.equal(state.context.crashes, 7);
});

test('the fifth crash within ten minutes leads to quarantine, which half an hour or an operator ends', () => {
  let state = ready;
  for (const minute of [0, 3, 6, 8]) state = walk(state, ...crash(start + minute * 60_000), ...back);
  assert.equal(laneStateOf(state), 'ready');
  const late = walk(state, ...crash(start + 10 * 60_000));
  assert.equal(laneStateOf(late), 'cooling');
  const quarantined = walk(state, ...crash(start + 10 * 60_000 - 1));
  assert.equal(laneStateOf(quarantined), 'quarantined');
  assert.equal(quarantined.context.resumeAt, start + 40 * 60_000 - 1);
  for (const end of [done('cool'), { type: 'START' } as LaneEvent]) {
    const restarted = walk(quarantined, end);
    assert.equal(laneStateOf(restarted), 'starting');
    assert.deepEqual(restarted.context.recentCrashes, []);
    assert.equal(restarted.context.crashes, 5);
  }
});

test('a lane whose proofs do not verify rests until it is told to, whatever it does, and an operator ends that', () => {
  const bad = fail('PROOF_INVALID', { reason: 'no' });
  const distrust = { type: 'DISTRUST', failure: bad, until: start + 60_000 } as LaneEvent;
  const busy = walk(ready, { type: 'GRANT' });
  for (const from of [ready, busy, walk(stopped, { type: 'START' }), walk(ready, ...crash(start))]) {
    const broken = walk(from, distrust);
    assert.equal(laneStateOf(broken), 'broken');
    const quarantined = walk(broken, done('endEngine'));
    assert.equal(laneStateOf(quarantined), 'quarantined');
    assert.deepEqual([quarantined.context.resumeAt, quarantined.context.lastFailure], [start + 60_000, bad]);
    const back = walk(quarantined, { type: 'START' });
    assert.deepEqual([laneStateOf(back), back.context.distrustedUntil], ['starting', null]);
  }
  assert.equal(laneStateOf(walk(stopped, distrust)), 'stopped');
});

test('an engine discarded with its job is no crash', () => {
  const discarded = walk(ready, { type: 'WARMED' }, { type: 'GRANT' }, ended({ engine: 'discarded' }));
  assert.equal(laneStateOf(discarded), 'starting');
  assert.deepEqual(
    [discarded.context.crashes, discarded.context.failuresInARow, discarded.context.warm],
    [0, 0, false],
  );
});

test('what an operator has prepared is no job: it resets no pause, and an engine that dies of it has crashed', () => {
  const tired = walk(ready, ...crash(start), ...back);
  const preparing = walk(tired, { type: 'PREPARE' });
  assert.equal(laneStateOf(preparing), 'preparing');
  assert.equal(laneStateOf(walk(preparing, { type: 'GRANT' })), 'preparing', 'a job is granted meanwhile');
  const kept = walk(preparing, prepared({ engine: 'kept' }));
  assert.deepEqual([laneStateOf(kept), kept.context.failuresInARow], ['ready', 1]);
  const lost = walk(preparing, prepared({ engine: 'lost', loss: lossAt(start + 1) }), done('endEngine'));
  assert.deepEqual([laneStateOf(lost), lost.context.crashes, lost.context.resumeAt], ['cooling', 2, start + 1 + 2_000]);
  assert.equal(laneStateOf(walk(walk(ready, { type: 'GRANT' }), { type: 'PREPARE' })), 'busy');
});

test('the prover that finishes loading during a job leaves the job alone', () => {
  const state = walk(ready, { type: 'GRANT' }, { type: 'WARMED' });
  assert.deepEqual([laneStateOf(state), state.context.warm], ['busy', true]);
});

test('after our own bug nothing but an operator starts the lane', () => {
  const state = walk(ready, { type: 'GRANT' }, error('work'));
  assert.deepEqual([laneStateOf(state), state.context.resumeAt], ['quarantined', null]);
});
