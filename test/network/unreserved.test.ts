// A network that does not say before whose request it will be.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createNetworkWorld } from '../../src/testkit/fakeNetwork/networkWorld.js';

const second = 1_000;
/** Between two looks. What files take is no simulated time, so it is short. */
const lookMs = 250;

describe('a request that may be assigned to another prover', { timeout: 600_000 }, () => {
  for (const { knowsIt, delayMs, begunAfterMs } of [
    { knowsIt: false, delayMs: 3 * second, begunAfterMs: 3 * second },
    { knowsIt: false, delayMs: 12 * second, begunAfterMs: 5 * second },
    { knowsIt: true, delayMs: 3 * second, begunAfterMs: 0 },
  ])
    it(`T26: begins ${begunAfterMs / second} s after its acceptance where the network says whose it is after ${delayMs / second} s, ${knowsIt ? 'and its reservation is known' : 'and no reservation is known'}`, async (t) => {
      const made = await createNetworkWorld();
      t.after(() => made.end());
      const { core, clock, world } = made;
      if (!knowsIt)
        core.faults.set(
          'GetFilteredReservations',
          { kind: 'status', name: 'unimplemented', text: 'no such call', effect: false },
          1_000,
        );
      core.faults.set('GetProofRequestDetails', { kind: 'delayed', ms: delayMs }, 1_000);
      const isBegun = () => [...world.store.scan('openRequests', [])].length > 0;
      const client = await made.ask('whose is it?');
      /** Undefined: it was begun in the same moment. */
      let acceptedAt: number | undefined;
      for (let passed = 0; !isBegun(); passed += lookMs) {
        assert.ok(passed < 30 * second, 'it is never begun');
        await world.settle();
        if (made.requestsOf(client).length > 0) acceptedAt ??= clock.steady();
        if (!isBegun()) await clock.advance(lookMs);
      }
      const waitedMs = clock.steady() - (acceptedAt ?? clock.steady());
      assert.ok(waitedMs >= begunAfterMs && waitedMs < begunAfterMs + second, `${waitedMs} ms`);
    });
});
