import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createActor, type SnapshotFrom } from 'xstate';
import { getAdjacencyMap } from 'xstate/graph';
import { edgesOf, statesOf } from '../../testkit/machineGraph.js';
import { sampleSigner } from '../../testkit/signers/sampleSigner.js';
import { signerMachine } from './machine.js';
import type { SignerEvent, SignerFault } from './rules.js';
import { hasEnded, signerPath, signerViewOf } from './view.js';

const { start, made, quoted, sent, replaced, confirmed } = sampleSigner;
const fault = (helps: SignerFault['helps']): SignerFault => ({ cause: 'rpc', helps, detail: 'no' });
const faults = [fault('again'), fault('new-quote'), fault('nothing')];
const events: readonly SignerEvent[] = [
  made,
  { type: 'KEY_LOST' },
  quoted,
  { type: 'RETRY_DUE' },
  sent,
  { type: 'HANDED_OVER' },
  replaced,
  { type: 'NONCE_TAKEN' },
  { type: 'WINDOW_PASSED' },
  confirmed,
  { type: 'SUPERSEDED' },
  { type: 'REGISTRATION_LOST', inWindow: true },
  { type: 'REGISTRATION_LOST', inWindow: false },
  { type: 'REVOKED' },
  { type: 'LIFE_SHORT' },
  { type: 'DRAINED' },
  { type: 'LIFE_OVER' },
  ...faults.flatMap((each): SignerEvent[] => [
    { type: 'QUOTE_FAILED', fault: each, at: 1_000 },
    { type: 'SEND_FAILED', fault: each, at: 1_000 },
    { type: 'REVERTED', fault: each, at: 1_000 },
  ]),
];

type Snapshot = SnapshotFrom<typeof signerMachine>;

/** Only what a rule reads: counters and lists would make the graph endless. */
const serialize = ({ value, context }: Snapshot) =>
  JSON.stringify([value, context.activeAt !== null, context.registration !== null]);

const graph = getAdjacencyMap(signerMachine, {
  events,
  input: start,
  serializeState: (snapshot) => serialize(snapshot as Snapshot) as never,
});
const reached = Object.values(graph) as Array<{
  state: Snapshot;
  transitions: Record<string, { event: SignerEvent; state: Snapshot }>;
}>;

/** What the machine does with these events, one after the other; its effects are silent. */
function after(...told: SignerEvent[]): Snapshot {
  const actor = createActor(signerMachine, { input: start }).start();
  for (const event of told) actor.send(event);
  const snapshot = actor.getSnapshot();
  actor.stop();
  return snapshot;
}
const pathAfter = (...told: SignerEvent[]) => signerPath(after(...told).value);
const registering: SignerEvent[] = [made, quoted];
const active: SignerEvent[] = [...registering, sent, confirmed];

describe('38: signer@1, from its own graph', () => {
  it('reaches every state', () => {
    const all = statesOf(signerMachine);
    const seen = new Set(reached.flatMap(({ state }) => state._nodes.map((node) => node.path.join('.'))));
    assert.equal(all.size, 11);
    assert.deepEqual(
      [...all].filter((path) => !seen.has(path)),
      [],
    );
  });

  it('takes every edge', () => {
    const edges = edgesOf(signerMachine);
    const taken = new Set<unknown>();
    for (const { state, transitions } of reached) {
      for (const { event } of Object.values(transitions))
        for (const transition of signerMachine.getTransitionData(state, event)) taken.add(transition);
    }
    assert.ok(edges.size > 25);
    assert.deepEqual(
      [...edges].filter(([transition]) => !taken.has(transition)).map(([, id]) => id),
      [],
    );
  });

  it('can be seen from outside in every state, and ends for good', () => {
    for (const { state, transitions } of reached) {
      const view = signerViewOf(state, { seq: 0, at: 0 });
      assert.equal(hasEnded(view), state.hasTag('terminal'));
      if (!hasEnded(view)) continue;
      for (const next of Object.values(transitions)) assert.equal(signerPath(next.state.value), view.state);
    }
  });

  it('describes every state in a sentence or two', () => {
    for (const { state } of reached)
      for (const node of state._nodes) if (node.parent) assert.match(node.description ?? '', /^[A-Z].*\.$/, node.id);
  });

  it('is active only with a registration', () => {
    for (const { state } of reached)
      if (signerPath(state.value) === 'active') assert.notEqual(state.context.registration, null);
  });
});

describe('signer@1, by its rules', () => {
  it('goes from generating to active, and through overlapping to retired', () => {
    assert.equal(pathAfter(), 'generating');
    assert.equal(pathAfter(made), 'quoting.running');
    assert.equal(pathAfter(made, quoted), 'registering.sending');
    assert.equal(pathAfter(...registering, sent), 'registering.confirming');
    assert.equal(pathAfter(...active), 'active');
    assert.equal(pathAfter(...active, { type: 'SUPERSEDED' }), 'overlapping');
    assert.equal(pathAfter(...active, { type: 'SUPERSEDED' }, { type: 'DRAINED' }), 'retired');
  });

  it('lapses with a short life, and retires when a successor comes or the life is over', () => {
    const lapsed: SignerEvent[] = [...active, { type: 'LIFE_SHORT' }];
    assert.equal(pathAfter(...lapsed), 'lapsed');
    assert.equal(pathAfter(...lapsed, { type: 'SUPERSEDED' }), 'retired');
    assert.equal(pathAfter(...lapsed, { type: 'LIFE_OVER' }), 'retired');
  });

  it('registers again with the same quote in the window, and with a new one after it', () => {
    const again = after(...active, { type: 'REGISTRATION_LOST', inWindow: true });
    assert.equal(signerPath(again.value), 'registering.sending');
    assert.equal(again.context.registration, null);
    assert.equal(pathAfter(...active, { type: 'REGISTRATION_LOST', inWindow: false }), 'quoting.running');
  });

  it('51: makes a new quote after a stale block, and gives up what the registry will never take', () => {
    const reverted = (helps: SignerFault['helps']): SignerEvent => ({ type: 'REVERTED', fault: fault(helps), at: 5 });
    assert.equal(pathAfter(...registering, sent, reverted('new-quote')), 'quoting.waiting');
    assert.equal(pathAfter(...registering, sent, reverted('again')), 'registering.backingOff');
    assert.equal(pathAfter(...registering, reverted('nothing')), 'abandoned');
    const lost: SignerEvent = { type: 'REGISTRATION_LOST', inWindow: true };
    assert.equal(pathAfter(...active, lost, reverted('nothing')), 'retired');
  });

  it('backs off longer with each fault in a row, up to half a minute', () => {
    const failed: SignerEvent = { type: 'QUOTE_FAILED', fault: fault('again'), at: 1_000 };
    const told: SignerEvent[] = [made];
    const pauses = [1, 2, 3, 4, 5].map(() => {
      told.push(failed);
      const { retryAt } = after(...told).context;
      told.push({ type: 'RETRY_DUE' });
      return (retryAt ?? 0) - 1_000;
    });
    assert.deepEqual(pauses, [2_000, 5_000, 10_000, 30_000, 30_000]);
  });

  it('51: backs off longer with each registration that the registry refuses, though a quote and a transaction come between', () => {
    const told: SignerEvent[] = [made];
    const pauses = [1, 2, 3, 4].map(() => {
      told.push(quoted, sent, { type: 'REVERTED', fault: fault('new-quote'), at: 1_000 });
      const { retryAt } = after(...told).context;
      told.push({ type: 'RETRY_DUE' });
      return (retryAt ?? 0) - 1_000;
    });
    assert.deepEqual(pauses, [2_000, 5_000, 10_000, 30_000]);
    assert.equal(after(...told, quoted, sent, confirmed).context.faults, 0);
  });

  it('keeps every transaction of its nonce, the latest last', () => {
    const { transactions } = after(...registering, sent, replaced).context;
    assert.deepEqual(
      transactions.map(({ hash }) => hash),
      [sent.transaction.hash, replaced.transaction.hash],
    );
  });

  it('ends when the process that held its key has ended: retired if it ever signed', () => {
    assert.equal(pathAfter({ type: 'KEY_LOST' }), 'abandoned');
    assert.equal(pathAfter(...registering, { type: 'KEY_LOST' }), 'abandoned');
    assert.equal(pathAfter(...active, { type: 'KEY_LOST' }), 'retired');
  });
});
