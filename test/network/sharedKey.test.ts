// Somebody else signs with the prover's key all the time, in simulated time: numbers are taken away between any two of our calls.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { AskingClient } from '../../src/testkit/fakeNetwork/askingClients.js';
import { createNetworkWorld } from '../../src/testkit/fakeNetwork/networkWorld.js';

const count = 20;
/** Of the other process: about as often as a report takes (ms). */
const everyMs = 70;

it('T19: a second process uses the same key for a minute: neither locks the other out, and all is delivered, once', {
  timeout: 120_000,
}, async (t) => {
  const made = await createNetworkWorld();
  t.after(() => made.end());
  // The owner is known.
  await made.clock.advance(1_000);
  const { ledger, record } = made.core;
  const clients: AskingClient[] = [];
  for (let number = 0; number < count; number += 1) clients.push(await made.ask(`input ${number}`));
  let taken = 0;
  for (let passed = 0; passed < 60_000; passed += everyMs) {
    // What an accepted call of somebody else does to the account.
    ledger.nonces.set(made.prover, ledger.nonceOf(made.prover) + 1n);
    taken += 1;
    await made.clock.advance(everyMs);
    await made.world.settle();
    while (made.work()) await made.world.settle();
  }
  assert.ok(taken > 800);
  const accepted = () => clients.map((client) => made.requestsOf(client).map((request) => request.accepted));
  // Neither locks the other out: each report that loses its number pauses, and comes again.
  assert.ok(
    accepted()
      .flat()
      .filter((each) => each === 1).length >=
      count / 4,
    JSON.stringify(accepted()),
  );
  await made.untilAllEnded();
  assert.deepEqual(
    accepted(),
    clients.map(() => [1]),
  );
  const reports = record.of('FulfillProof');
  assert.equal(reports.filter(({ verdict }) => verdict === 'accepted').length, count);
  assert.ok(
    reports.some(({ verdict }) => verdict === 'refused'),
    'the other process was never in the way',
  );
  assert.ok(reports.length < 10 * count, `${reports.length} reports`);
  assert.deepEqual(made.core.invariants([Buffer.from('input 1')]), []);
});
