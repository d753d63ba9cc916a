import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createActor, type SnapshotFrom } from 'xstate';
import { getAdjacencyMap } from 'xstate/graph';
import type { RequestMode } from '../../engines/jobs.js';
import type { Failure } from '../../failures/catalog.js';
import { fail } from '../../failures/fail.js';
import { laneId } from '../../ids.js';
import { edgesOf, statesOf } from '../../testkit/machineGraph.js';
import { execution, proof, proofRequest, vouchedExecution } from '../../testkit/world/requests.js';
import { requestMachine } from './machine.js';
import type { RequestEvent } from './rules.js';
import { isTerminal, statePath, viewOf } from './view.js';

const lane = laneId('cpu-prove-0');
const failures: readonly Failure[] = [
  fail('GUEST_FAILED', { cause: 'HALT_WITH_NON_ZERO_EXIT_CODE', exitCode: 1, cycles: '7' }),
  fail('ENGINE_LOST', { laneId: lane, detail: 'exit code 1', blame: true }),
  fail('ENGINE_LOST', { laneId: lane, detail: 'exit code 1', blame: false }),
  fail('ENGINE_REFUSED', { laneId: lane, detail: 'no' }),
  fail('ENGINE_REFUSED', { laneId: lane, detail: 'not so' }),
  fail('DISK_FULL'),
  fail('PROOF_INVALID', { reason: 'shape' }),
];
const events: readonly RequestEvent[] = [
  { type: 'ADMITTED' },
  { type: 'LANE_AWAITED' },
  { type: 'LANE_GRANTED', laneId: lane },
  { type: 'EXECUTED', execution },
  { type: 'PROVEN', proof },
  { type: 'PROOF_FOUND', proof: { ...proof, found: true } },
  { type: 'VERIFIED' },
  { type: 'SIGNER_FOUND' },
  { type: 'SIGNER_AWAITED' },
  { type: 'SIGNED', proof },
  { type: 'UNVOUCHED' },
  { type: 'RETRY_DUE' },
  { type: 'CANCEL' },
  { type: 'GIVE_UP', failure: fail('PROVED_ELSEWHERE') },
  { type: 'DEADLINE_PASSED' },
  { type: 'RETRY' },
  { type: 'END_HOLD' },
  { type: 'HOLD_OVER' },
  { type: 'DEADLINE_MOVED', deadlineAt: 4_000_000_000_000 },
  { type: 'PRIORITY_SET', priority: 'first' },
  ...failures.map((failure): RequestEvent => ({ type: 'STAGE_FAILED', failure, at: 1000 })),
  ...[...failures, fail('INTERNAL', { reference: 'ab' })].map(
    (failure): RequestEvent => ({ type: 'STAGE_FAILED', failure, at: 1000, holdMs: 60_000 }),
  ),
];

type Snapshot = SnapshotFrom<typeof requestMachine>;

/** Counters that no rule reads are left out, or the graph would never end. */
const serialize = ({ value, context }: Snapshot) =>
  JSON.stringify([
    value,
    context.engineDeaths,
    context.faults,
    context.lastRefusal,
    context.rejectedProofs,
    context.failure?.code,
    context.execution !== null,
    context.proof !== null,
    context.proof?.found,
  ]);

/** A request that is to be signed for takes other ways. */
const graphs = (['core', 'tee'] as const).map((mode) =>
  getAdjacencyMap(requestMachine, {
    events,
    input: proofRequest({ mode }),
    serializeState: (snapshot) => serialize(snapshot as Snapshot) as never,
  }),
);
const reached = graphs.flatMap((graph) => Object.values(graph)) as Array<{
  state: Snapshot;
  transitions: Record<string, { event: RequestEvent; state: Snapshot }>;
}>;

/** What the machine does with these events, one after the other; stages and timers are silent. */
const after = (...sent: RequestEvent[]): Snapshot => afterIn('core', ...sent);

function afterIn(mode: RequestMode, ...sent: RequestEvent[]): Snapshot {
  const actor = createActor(requestMachine, { input: proofRequest({ mode }) }).start();
  for (const event of sent) actor.send(event);
  const snapshot = actor.getSnapshot();
  actor.stop();
  return snapshot;
}
const granted: RequestEvent = { type: 'LANE_GRANTED', laneId: lane };
const proving: RequestEvent[] = [{ type: 'ADMITTED' }, granted, { type: 'EXECUTED', execution }, granted];
const verifying: RequestEvent[] = [...proving, { type: 'PROVEN', proof }, granted];
const failedWith = (failure: Failure): RequestEvent => ({ type: 'STAGE_FAILED', failure, at: 1000 });
const crash = fail('ENGINE_LOST', { laneId: lane, detail: 'exit code 1', blame: true });
const died = failedWith(crash);
const refusal = (detail: string, laneId = lane) => fail('ENGINE_REFUSED', { laneId, detail });
const refused = failedWith(refusal('no'));
const refusedOtherwise = failedWith(refusal('not so'));
const retry: RequestEvent[] = [{ type: 'RETRY_DUE' }, granted];

describe('request@3, from its own graph', () => {
  it('reaches every state', () => {
    const all = statesOf(requestMachine);
    const seen = new Set(reached.flatMap(({ state }) => state._nodes.map((node) => node.path.join('.'))));
    assert.ok(all.size > 10);
    assert.deepEqual(
      [...all].filter((path) => !seen.has(path)),
      [],
    );
  });

  it('takes every edge', () => {
    const edges = edgesOf(requestMachine);
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
      const view = viewOf(state, { seq: 0, at: 0 });
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

describe('request@3, by its rules', () => {
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
    const second = after(...proving, refused, ...retry, refusedOtherwise);
    assert.equal(second.context.retryAt, 11_000);
    assert.equal(second.context.tries.prove, 2);
  });

  it('gives up after three faults', () => {
    const end = after(...proving, refused, ...retry, refusedOtherwise, ...retry, refused);
    assert.deepEqual(
      end.context.failure,
      fail('ATTEMPTS_EXHAUSTED', { attempts: 3, last: 'ENGINE_REFUSED', lastFailure: refusal('no') }),
    );
  });

  it('gives up at once when a prover refuses in the same words, on whatever lane', () => {
    const elsewhere = refusal('no', laneId('cpu-prove-1'));
    const end = after(...proving, refused, ...retry, failedWith(elsewhere));
    const last = { last: 'ENGINE_REFUSED', lastFailure: elsewhere } as const;
    assert.deepEqual(end.context.failure, fail('ATTEMPTS_EXHAUSTED', { attempts: 2, ...last, repeated: true }));
    // Nor does it matter what has passed meanwhile without a word about the request.
    const full = failedWith(fail('DISK_FULL'));
    assert.equal(after(...proving, refused, ...retry, full, ...retry, refused).value, 'failed');
  });

  it('goes on when the words differ, and forgets them with the proof', () => {
    assert.equal(statePath(after(...proving, refused, ...retry, refusedOtherwise).value), 'proving.backingOff');
    assert.equal(statePath(after(...proving, refused, ...retry, died).value), 'proving.backingOff');
    const invalid = failedWith(fail('PROOF_INVALID', { reason: 'shape' }));
    const remade: RequestEvent[] = [
      ...proving,
      refused,
      ...retry,
      { type: 'PROVEN', proof },
      granted,
      invalid,
      granted,
    ];
    assert.equal(statePath(after(...remade, refused).value), 'proving.backingOff');
  });

  it('keeps a digest of the words, not the words', () => {
    const { context } = after(...proving, failedWith(refusal('words not to be kept')));
    assert.match(context.lastRefusal ?? '', /^[0-9a-f]{64}$/);
    assert.ok(!JSON.stringify(context).includes('not to be kept'));
  });

  it('calls a request poisonous when two engines died on it, in whatever stage', () => {
    const end = after({ type: 'ADMITTED' }, granted, died, granted, { type: 'EXECUTED', execution }, granted, died);
    const lastFailure = fail('ENGINE_LOST', { laneId: lane, detail: 'exit code 1', blame: true });
    assert.deepEqual(end.context.failure, fail('POISONOUS', { engineDeaths: 2, lastFailure }));
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

  it('network mode, 4.5: takes a proof that it finds while it proves, when that is verified', () => {
    const found: RequestEvent = { type: 'PROOF_FOUND', proof: { ...proof, found: true } };
    for (const prefix of [proving, [...proving, refused]]) {
      const taken = after(...prefix, found, granted);
      assert.deepEqual([statePath(taken.value), taken.context.tries.prove], ['verifying.running', 2]);
      assert.equal(after(...prefix, found, granted, { type: 'VERIFIED' }).value, 'fulfilled');
    }
    // One of its own is there already, or nothing to verify it against.
    assert.equal(after(...verifying, found, { type: 'VERIFIED' }).context.proof?.found, undefined);
    assert.equal(statePath(after({ type: 'ADMITTED' }, granted, found).value), 'executing.running');
  });

  it('network mode, 4.5: ends with the first fault of a proof that it found, and is not blamed for what that does to an engine', () => {
    const found: RequestEvent[] = [...proving, { type: 'PROOF_FOUND', proof: { ...proof, found: true } }, granted];
    const invalid = fail('PROOF_INVALID', { reason: 'shape' });
    for (const failure of [invalid, fail('PUBLIC_VALUES_MISMATCH'), crash, refusal('no')]) {
      const end = after(...found, failedWith(failure));
      assert.deepEqual([end.value, end.context.failure?.code], ['failed', 'PROVED_ELSEWHERE'], failure.code);
      assert.equal(end.context.engineDeaths, 0);
    }
    const gone = fail('ENGINE_LOST', { laneId: lane, detail: 'exit code 1', blame: false });
    assert.equal(statePath(after(...found, failedWith(gone)).value), 'verifying.waiting');
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

  const held = (failure: Failure): RequestEvent => ({ ...failedWith(failure), holdMs: 60_000 }) as RequestEvent;

  it("holds what would fail by a fault of ours, and nothing that is the client's", () => {
    const poisoned = after(...proving, died, ...retry, held(crash));
    assert.deepEqual([statePath(poisoned.value), poisoned.context.heldUntil], ['held', 61_000]);
    assert.equal(poisoned.context.failure?.code, 'POISONOUS');
    assert.ok(poisoned.hasTag('held') && poisoned.hasTag('open'));
    assert.equal(statePath(after(...proving, held(fail('INTERNAL', { reference: 'ab' }))).value), 'held');
    assert.equal(statePath(after(...proving, refused, ...retry, held(refusal('no'))).value), 'held');
    const guest = fail('GUEST_FAILED', { cause: 'EXCEEDED_CYCLE_LIMIT', exitCode: 0, cycles: '9' });
    assert.equal(after({ type: 'ADMITTED' }, granted, held(guest)).value, 'failed');
    assert.equal(after(...proving, died, ...retry, died).value, 'failed');
  });

  it('goes on where it failed when it is retried, with nothing held against it', () => {
    const waiting = [...proving, died, ...retry, held(crash)];
    const again = after(...waiting, { type: 'RETRY' });
    const { tries, faults, engineDeaths, failure, heldUntil } = again.context;
    assert.deepEqual(
      [statePath(again.value), tries.prove, faults, engineDeaths, failure, heldUntil],
      ['proving.waiting', 3, 0, 0, null, null],
    );
    const unexecuted = [{ type: 'ADMITTED' }, granted, died, granted, held(crash), { type: 'RETRY' }] as RequestEvent[];
    assert.equal(statePath(after(...unexecuted).value), 'executing.waiting');
    const unverified = after(...verifying, died, granted, held(crash), { type: 'RETRY' });
    assert.deepEqual([statePath(unverified.value), unverified.context.tries.verify], ['verifying.waiting', 3]);
  });

  it('ends a hold with its failure, when it is given up or its time is over, and by cancel and deadline as ever', () => {
    const waiting = [...proving, died, ...retry, held(crash)];
    for (const [type, end] of [
      ['END_HOLD', 'failed'],
      ['HOLD_OVER', 'failed'],
      ['CANCEL', 'cancelled'],
      ['DEADLINE_PASSED', 'expired'],
    ] as const) {
      const last = after(...waiting, { type });
      assert.equal(last.value, end);
      assert.equal(last.context.failure?.code, 'POISONOUS');
    }
  });

  it('signs what this process vouches for, and executes again what it does not', () => {
    const signing: RequestEvent[] = [{ type: 'ADMITTED' }, granted, { type: 'EXECUTED', execution: vouchedExecution }];
    const path = (...sent: RequestEvent[]) => statePath(afterIn('tee', ...signing, ...sent).value);
    assert.equal(path(), 'signing.waiting');
    assert.equal(path({ type: 'SIGNER_FOUND' }), 'signing.running');
    assert.equal(path({ type: 'SIGNER_FOUND' }, { type: 'SIGNER_AWAITED' }), 'signing.waiting');
    assert.equal(path({ type: 'SIGNER_FOUND' }, { type: 'SIGNED', proof }), 'fulfilled');
    const again = afterIn('tee', ...signing, { type: 'UNVOUCHED' });
    assert.equal(statePath(again.value), 'executing.waiting');
    assert.deepEqual([again.context.execution, again.context.tries.execute], [null, 2]);
    // Its signature then has a key of its own: what an earlier life has recorded is not taken for it.
    assert.equal(
      afterIn('tee', ...signing, { type: 'UNVOUCHED' }, granted, signing[2] as RequestEvent).context.tries.prove,
      2,
    );
  });
});
