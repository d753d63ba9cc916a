// The delivery machine by itself: every edge that it has is taken, what it has written restores, and what it never does.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { createActor, type Snapshot } from 'xstate';
import { toDirectedGraph } from 'xstate/graph';
import { firstDelivery } from '../../network/kind.js';
import type { Envelope } from '../../store/buckets.js';
import { deliveryStart, deliveryWays, failReport, fulfilReport } from '../../testkit/world/deliveries.js';
import { deliveryMachine } from './machine.js';
import type { DeliveryContext, DeliveryEvent, Refusal } from './rules.js';
import { retryAtOf } from './rules.js';

const turn: DeliveryEvent = { type: 'TURN_GRANTED', nonce: '5', at: 2_000 };
const refusal = (code: number, text = 'no'): DeliveryEvent => ({ type: 'REFUSED', refusal: { code, text } });
const ours: DeliveryEvent = { type: 'DETAILS_OURS' };
const proven: DeliveryEvent = { type: 'PROVEN', report: fulfilReport, isKept: false };
const kept: DeliveryEvent = { type: 'PROVEN', report: fulfilReport, isKept: true };
const ended: DeliveryEvent = { type: 'ENDED', report: failReport };
const unknown: DeliveryEvent = { type: 'FATE_UNKNOWN' };
const assigned: DeliveryEvent = { type: 'SEEN_ASSIGNED', at: 3_000 };
const terminal = (end: 'fulfilled' | 'unfulfillable', isOurs = false): DeliveryEvent => ({
  type: 'NETWORK_TERMINAL',
  end,
  ours: isOurs,
});

function run(...events: DeliveryEvent[]) {
  const actor = createActor(deliveryMachine, { input: deliveryStart() }).start();
  const taken: string[] = [];
  for (const event of events) {
    const before = actor.getSnapshot();
    actor.send(event);
    const after = actor.getSnapshot();
    if (after !== before) taken.push(`${before.value} -${event.type}-> ${after.value}`);
  }
  const { value, context } = actor.getSnapshot();
  actor.stop();
  return { state: value as string, context: context as DeliveryContext, taken };
}

const closed: DeliveryEvent = { type: 'CLOSED' };
const givenUp: DeliveryEvent = { type: 'GIVEN_UP' };
const accepted: DeliveryEvent = { type: 'ACCEPTED', tx: 'ee' };
const backingOff = [ours, proven, turn, unknown, assigned];
const late: DeliveryEvent = { type: 'SEEN_EXPIRED', at: deliveryStart().closesAt };
const early: DeliveryEvent = { type: 'SEEN_EXPIRED', at: 4_000 };
const sent = [ours, proven, turn];
const failing = [ours, ended, turn];

/** Every edge, at least once. */
const walks: DeliveryEvent[][] = [
  [{ type: 'DETAILS_OTHER' }],
  [terminal('fulfilled', true)],
  [terminal('unfulfillable')],
  [closed],
  [ours, terminal('fulfilled')],
  [ours, terminal('unfulfillable')],
  [ours, { type: 'ASSIGNED_ELSEWHERE' }],
  [ours, closed],
  [ours, ended, closed],
  [ours, kept],
  [ours, proven, { type: 'WITHHELD' }],
  [ours, proven, terminal('unfulfillable')],
  [ours, proven, terminal('fulfilled')],
  [...sent, accepted],
  [...failing, accepted],
  [...sent, { type: 'NONCE_REFUSED' }, terminal('fulfilled', true)],
  [...sent, refusal(11)],
  [...sent, refusal(7), { type: 'SEEN_OTHER' }],
  [...sent, unknown, { type: 'SEEN_FULFILLED', ours: true }],
  [...sent, unknown, { type: 'SEEN_FULFILLED', ours: false }],
  [...sent, unknown, { type: 'SEEN_UNFULFILLABLE' }],
  [...failing, unknown, { type: 'SEEN_UNFULFILLABLE' }],
  [...sent, unknown, late],
  [...sent, unknown, early],
  [...backingOff, { type: 'RETRY_DUE' }],
  [...backingOff, closed],
  [givenUp],
  [ours, givenUp],
  [ours, proven, givenUp],
  [...backingOff, givenUp],
  [...sent, refusal(9), assigned, givenUp],
  [...sent, refusal(9), assigned, { type: 'RETRY_DUE' }, givenUp],
  [...backingOff, terminal('fulfilled', true)],
  [...backingOff, terminal('fulfilled')],
  [...backingOff, terminal('unfulfillable')],
  [0, 1, 2].flatMap((time) => [
    ...(time === 0 ? [ours, proven] : [{ type: 'RETRY_DUE' } as DeliveryEvent]),
    turn,
    refusal(9),
    assigned,
  ]),
];

describe('delivery@1', () => {
  it('T55: every edge of the machine itself is taken', () => {
    const taken = new Set(walks.flatMap((walk) => run(...walk).taken));
    const missing: string[] = [];
    for (const { edges } of toDirectedGraph(deliveryMachine).children as unknown as {
      edges: { source: { id: string }; target: { id: string }; label: { text: string } }[];
    }[])
      for (const { source, target, label } of edges) {
        const name = (id: string) => id.split('.').at(-1);
        // Of our own key's proof before one was sent: nothing that a guard lets through.
        const edge = `${name(source.id)} -${label.text}-> ${name(target.id)}`;
        const isClosedByGuard = /^(assigning|working) -NETWORK_TERMINAL-> delivered$/.test(edge);
        if (!taken.has(edge) && !isClosedByGuard) missing.push(edge);
      }
    assert.deepEqual(missing, []);
  });

  const folder = new URL('../fixtures/delivery@1/', import.meta.url);
  it('has a fixture of every resting state', () => {
    const names = readdirSync(folder).map((name) => name.replace('.json', ''));
    assert.deepEqual(names.sort(), Object.keys(deliveryMachine.states).sort());
  });
  for (const [name, way] of Object.entries(deliveryWays))
    it(`${name} restores and goes on to an end`, () => {
      const envelope = JSON.parse(readFileSync(new URL(`${name}.json`, folder), 'utf8')) as Envelope;
      const snapshot = envelope.snapshot as Snapshot<unknown>;
      const actor = createActor(deliveryMachine, { input: deliveryStart(), snapshot }).start();
      assert.equal(actor.getSnapshot().value, name);
      assert.equal(run(...way).state, name);
      for (const event of [ours, proven, unknown, assigned, { type: 'RETRY_DUE' } as const, turn, accepted])
        if (actor.getSnapshot().status === 'active') actor.send(event);
      assert.equal(actor.getSnapshot().status, 'done');
    });

  it('begins exactly as the machine itself would write it', () => {
    const actor = createActor(deliveryMachine, { input: deliveryStart() }).start();
    assert.deepEqual(JSON.parse(JSON.stringify(actor.getPersistedSnapshot())), firstDelivery(deliveryStart()));
    actor.stop();
  });

  it('rule 6: a refusal leads to a look, and what the network has already is success', () => {
    assert.equal(run(...sent, refusal(9), { type: 'SEEN_FULFILLED', ours: true }).state, 'delivered');
    assert.equal(run(...failing, refusal(9), { type: 'SEEN_UNFULFILLABLE' }).state, 'released');
  });

  it('the first durable report stays: no fulfil is followed by a fail', () => {
    const { context } = run(ours, proven, ended);
    assert.deepEqual(context.report, fulfilReport);
  });

  it('T24, T25: what the network has ended is not reported any more', () => {
    assert.equal(run(ours, terminal('unfulfillable')).state, 'released');
    assert.equal(run(ours, proven, terminal('fulfilled')).state, 'superseded');
  });

  it('T44: a proof that is kept is not reported, and what it was is remembered', () => {
    const { state, context } = run(ours, kept);
    assert.deepEqual([state, context.report, context.tries], ['withheld', fulfilReport, 0]);
  });

  it('T16: a nonce that was too high keeps the report and asks for the next number', () => {
    assert.equal(run(...sent, { type: 'NONCE_REFUSED' }).state, 'pending');
  });

  it('T43: a proof that is too large is refused at once, for it never gets smaller', () => {
    const text = 'Error, decoded message length too large: found 9 bytes, the limit is: 4 bytes';
    assert.equal(run(...sent, refusal(3, text)).state, 'refused');
    assert.equal(run(...sent, refusal(3)).state, 'confirming');
  });

  it('an error that an older schema does not know is sent once more as an unknown one', () => {
    const { state, context } = run(...failing, refusal(3), assigned);
    assert.equal(state, 'backingOff');
    assert.deepEqual(context.report, { kind: 'fail', error: 3 });
  });

  it('gives up at the third equal refusal only', () => {
    const again: DeliveryEvent[] = [{ type: 'RETRY_DUE' }, turn];
    const twice = [...sent, refusal(9), assigned, ...again, refusal(9), assigned];
    assert.equal(run(...twice).state, 'backingOff');
    assert.equal(run(...twice, ...again, refusal(9), assigned).state, 'refused');
    assert.equal(run(...twice, ...again, refusal(7), assigned).state, 'backingOff');
    assert.equal(run(...twice, ...again, unknown, assigned).state, 'backingOff');
    const refused = run(...twice).context.refusal as Refusal;
    assert.equal(refused.code, 9);
  });

  it('tries again after 1, 2, 4, 8, 15, 30, 60 s, and three times at most after the deadline', () => {
    const context = run(...sent).context;
    const pauses = [1, 2, 3, 4, 5, 6, 7, 8].map((tries) => retryAtOf({ ...context, tries }, 0));
    assert.deepEqual(pauses, [1_000, 2_000, 4_000, 8_000, 15_000, 30_000, 60_000, 60_000]);
    assert.equal(retryAtOf({ ...context, tries: 1 }, context.deadlineAt) - context.deadlineAt, 200_000);
  });
});
