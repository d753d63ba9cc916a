import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createActor, type SnapshotFrom } from 'xstate';
import { getAdjacencyMap, toDirectedGraph } from 'xstate/graph';
import { type Failure, fail } from '../errors.js';
import { laneId } from '../ids.js';
import { execution, proof, proofRequest } from '../testkit/requests.js';
import { requestMachine } from './request.js';
import type { RequestEvent } from './requestRules.js';
import { isTerminal, statePath, viewOf } from './requestView.js';

const lane = laneId('cpu-prove-0');
const failures: readonly Failure[] = [
  fail('GUEST_FAILED', { cause: 'HALT_WITH_NON_ZERO_EXIT_CODE', exitCode: 1, cycles: '7' }),
  fail('ENGINE_LOST', { laneId: lane, detail: 'exit code 1', blame: true }),
  fail('ENGINE_LOST', { laneId: lane, detail: 'exit code 1', blame: false }),
  fail('ENGINE_REFUSED', { laneId: lane, detail: 'no' }),
  fail('DISK_FULL'),
  fail('PROOF_INVALID', { reason: 'shape' }),
];
const events: readonly RequestEvent[] = [
  { type: 'ADMITTED' },
  { type: 'LANE_AWAITED' },
  { type: 'LANE_GRANTED', laneId: lane },
  { type: 'EXECUTED', execution },
  { type: 'PROVEN', proof },
  { type: 'VERIFIED' },
  { type: 'RETRY_DUE' },
  { type: 'CANCEL' },
  { type: 'DEADLINE_PASSED' },
  ...failures.map((failure): RequestEvent => ({ type: 'STAGE_FAILED', failure, at: 1000 })),
];

type Snapshot = SnapshotFrom<typeof requestMachine>;

/** Counters that no rule reads are left out, or the graph would never end. */
const serialize = ({ value, context }: Snapshot) =>
  JSON.stringify([value, context.engineDeaths, context.faults, context.rejectedProofs, context.failure?.code]);

const graph = getAdjacencyMap(requestMachine, {
  events,
  input: proofRequest(),
  serializeState: (snapshot) => serialize(snapshot as Snapshot) as never,
});
const reached = Object.values(graph) as Array<{
  state: Snapshot;
  transitions: Record<string, { event: RequestEvent; state: Snapshot }>;
}>;

/** What the machine does with these events, one after the other; stages and timers are silent. */
function after(...sent: RequestEvent[]): Snapshot {
  const actor = createActor(requestMachine, { input: proofRequest() }).start();
  for (const event of sent) actor.send(event);
  const snapshot = actor.getSnapshot();
  actor.stop();
  return snapshot;
}
const granted: RequestEvent = { type: 'LANE_GRANTED', laneId: lane };
const proving: RequestEvent[] = [{ type: 'ADMITTED' }, granted, { type: 'EXECUTED', execution }, granted];
const verifying: RequestEvent[] = [...proving, { type: 'PROVEN', proof }, granted];
const failedWith = (failure: Failure): RequestEvent => ({ type: 'STAGE_FAILED', failure, at: 1000 });
const died = failedWith(fail('ENGINE_LOST', { laneId: lane, detail: 'exit code 1', blame: true }));
const refused = failedWith(fail('ENGINE_REFUSED', { laneId: lane, detail: 'no' }));
const retry: RequestEvent[] = [{ type: 'RETRY_DUE' }, granted];

describe('request@1, from its own graph', () => {
  it('reaches every state', () => {
    const all = new Set<string>();
    const collect = (node: { stateNode: { path: string[]; type: string }; children: unknown[] }) => {
      if (node.stateNode.type === 'atomic' || node.stateNode.type === 'final') all.add(node.stateNode.path.join('.'));
      for (const child of node.children) collect(child as never);
    };
    collect(toDirectedGraph(requestMachine) as never);
    const seen = new Set(reached.flatMap(({ state }) => state._nodes.map((node) => node.path.join('.'))));
    assert.ok(all.size > 10);
    assert.deepEqual(
      [...all].filter((path) => !seen.has(path)),
      [],
    );
  });

  it('takes every edge', () => {
    const edges = new Map<unknown, string>();
    const collect = (node: { edges: Array<{ id: string; transition: unknown }>; children: unknown[] }) => {
      for (const edge of node.edges) edges.set(edge.transition, edge.id);
      for (const child of node.children) collect(child as never);
    };
    collect(toDirectedGraph(requestMachine) as never);
    const taken = new Set<unknown>();
    for (const { state, transitions } of reached) {
      for (const { event } of Object.values(transitions)) {
        for (const transition of requestMachine.getTransitionData(state, event)) taken.add(transition);
      }
    }
    assert.ok(edges.size > 30);
    assert.deepEqual(
      [...edges].filter(([transition]) => !taken.has(transition)).map(([, id]) => id),
      [],
    );
  });

  it('can be seen from outside in every state, and ends for good', () => {
    for (const { state, transitions } of reached) {
      const view = viewOf(state, 0, 0);
      assert.equal(isTerminal(view), state.hasTag('terminal'));
      if (!isTerminal(view)) continue;
      for (const next of Object.values(transitions)) assert.equal(statePath(next.state.value), view.state);
    }
  });

  it('describes every state in a sentence', () => {
    for (const { state } of reached) {
      for (const node of state._nodes) if (node.parent) assert.match(node.description ?? '', /^[A-Z].*\.$/, node.id);
    }
  });
});

describe('request@1, by its rules', () => {
  it('goes from requested to fulfilled', () => {
    const done = after(...verifying, { type: 'VERIFIED' });
    assert.equal(done.value, 'fulfilled');
    assert.deepEqual(done.context.proof, proof);
  });

  it('fails a guest at once, with its cause', () => {
    const failure = fail('GUEST_FAILED', { cause: 'EXCEEDED_CYCLE_LIMIT', exitCode: 0, cycles: '9' });
    const end = after({ type: 'ADMITTED' }, granted, failedWith(failure));
    assert.equal(end.value, 'failed');
    assert.deepEqual(end.context.failure, failure);
  });

  it('backs off to an absolute time after an engine fault, longer the second time', () => {
    const first = after(...proving, refused);
    assert.equal(statePath(first.value), 'proving.backingOff');
    assert.equal(first.context.retryAt, 3000);
    const second = after(...proving, refused, ...retry, refused);
    assert.equal(second.context.retryAt, 11_000);
    assert.equal(second.context.tries.prove, 2);
  });

  it('gives up after three faults', () => {
    const end = after(...proving, refused, ...retry, refused, ...retry, refused);
    assert.deepEqual(end.context.failure, fail('ATTEMPTS_EXHAUSTED', { attempts: 3, last: 'ENGINE_REFUSED' }));
  });

  it('calls a request poisonous when two engines died on it, in whatever stage', () => {
    const end = after({ type: 'ADMITTED' }, granted, died, granted, { type: 'EXECUTED', execution }, granted, died);
    assert.deepEqual(end.context.failure, fail('POISONOUS', { engineDeaths: 2 }));
  });

  it('does not count an engine that was gone before it looked', () => {
    const innocent = failedWith(fail('ENGINE_LOST', { laneId: lane, detail: 'gone', blame: false }));
    const again = after(...proving, innocent, granted, innocent, granted, innocent, granted, innocent);
    assert.equal(statePath(again.value), 'proving.waiting');
    assert.equal(again.context.tries.prove, 1);
  });

  it('makes a rejected proof once more, then fails', () => {
    const invalid = failedWith(fail('PROOF_INVALID', { reason: 'shape' }));
    const again = after(...verifying, invalid);
    assert.equal(statePath(again.value), 'proving.waiting');
    assert.equal(again.context.tries.prove, 2);
    const end = after(...verifying, invalid, granted, { type: 'PROVEN', proof }, granted, invalid);
    assert.equal(end.value, 'failed');
    assert.equal(end.context.failure?.code, 'PROOF_INVALID');
  });

  it('waits out a full disk for as long as it takes', () => {
    const full = failedWith(fail('DISK_FULL'));
    const sent: RequestEvent[] = [...proving];
    for (let round = 0; round < 10; round += 1) sent.push(full, ...retry);
    assert.equal(statePath(after(...sent).value), 'proving.running');
  });

  it('ends on cancel and on deadline from every working state, and decides only once', () => {
    for (const prefix of [[], proving.slice(0, 1), proving, [...proving, refused], verifying] as RequestEvent[][]) {
      assert.equal(after(...prefix, { type: 'CANCEL' }, { type: 'DEADLINE_PASSED' }).value, 'cancelled');
      assert.equal(after(...prefix, { type: 'DEADLINE_PASSED' }, { type: 'CANCEL' }).value, 'expired');
    }
    assert.equal(after(...verifying, { type: 'VERIFIED' }, { type: 'CANCEL' }).value, 'fulfilled');
  });

  it('waits again when its effect was restarted', () => {
    assert.equal(statePath(after(...proving, { type: 'LANE_AWAITED' }).value), 'proving.waiting');
  });
});
