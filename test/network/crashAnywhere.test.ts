// Front, network and deliveries as one, in simulated time: a world that dies at any moment, under a network that fails in any way, ends as a
// calm one does. Each request has one accepted report, and no byte of an input has reached the network.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { holdingClock } from '../../src/clock.js';
import { FulfillmentStatus } from '../../src/gen/network/network_pb.js';
import type { AskingClient, AskOptions } from '../../src/testkit/fakeNetwork/askingClients.js';
import type { Fault } from '../../src/testkit/fakeNetwork/faults.js';
import { createNetworkWorld, type NetworkWorld } from '../../src/testkit/fakeNetwork/networkWorld.js';
import type { Switches } from '../../src/testkit/fakeNetwork/switches.js';

const seed = Number(process.env['FUZZ_SEED'] ?? holdingClock.now() % 2 ** 31);
const crashesOfRun = 5;
/** Simulated time between two steps (ms): calls take twenty of them. */
const pausesMs = [0, 5, 12, 40, 300, 2_500] as const;
const mostSteps = 60;

interface Misfortune {
  readonly method: string;
  readonly fault: Fault;
}

interface Story {
  readonly clients: readonly AskOptions[];
  readonly pauses: readonly number[];
  /** Steps before which the service dies. */
  readonly crashes: ReadonlySet<number>;
  readonly faults: readonly Misfortune[];
  readonly switches: Partial<Switches>;
}

/** How every client, and every request of its input, has ended. */
async function play({ clients: asked, pauses, crashes, faults, switches }: Story): Promise<string[]> {
  const made = await createNetworkWorld({ switches, seed: 1, settings: { reportExecutions: 'try' } });
  try {
    for (const { method, fault } of faults) made.core.faults.set(method, fault);
    const clients: AskingClient[] = [];
    for (const [i, options] of asked.entries()) clients.push(await made.ask(`a private input, number ${i}`, options));
    for (let step = 0; step < mostSteps && !made.hasEnded(); step += 1) {
      if (crashes.has(step)) await made.crash();
      await made.clock.advance(pauses[step % pauses.length] ?? 0);
      // A crash falls between two awaits: sometimes with writes and calls under way.
      if (step % 3 !== 0) await made.world.settle();
      if (step % 2 === 0) made.work(step);
    }
    await made.untilAllEnded();
    assert.ok(
      made.hasEnded(),
      `it has not come to an end: ${JSON.stringify(made.core.record.calls.slice(-5).map(({ method, verdict }) => [method, verdict]))}`,
    );
    assert.deepEqual(made.core.invariants([Buffer.from('a private input')]), []);
    return clients.map((client) => endOf(made, client));
  } finally {
    await made.end();
  }
}

function endOf(made: NetworkWorld, client: AskingClient): string {
  const all = made.requestsOf(client);
  const ends = new Set(
    all.map(({ fulfillment, accepted, error }) => `${FulfillmentStatus[fulfillment]} ${accepted} ${error}`),
  );
  // A duplicate at the network costs a report, and has the same end.
  assert.ok(all.length <= 3, `${all.length} requests of one input`);
  if (client.once) return all.length === 0 ? 'never came' : [...ends].join(', ');
  assert.ok(
    all.some(({ requestId }) => requestId === client.requestId),
    `${client.state} ${client.refusal}`,
  );
  return `${client.state}: ${[...ends].join(', ')}`;
}

const lostCalls = [
  'RequestProof',
  'FulfillProof',
  'FailFulfillment',
  'FailExecution',
  'GetProofRequestDetails',
  'GetFilteredProofRequests',
  'GetNonce',
  '*',
];
const fault: fc.Arbitrary<Fault> = fc.constantFrom<Fault>(
  { kind: 'lostAfter' },
  { kind: 'lostBefore' },
  { kind: 'silentAfter' },
  { kind: 'delayed', ms: 3_000 },
  { kind: 'status', name: 'unavailable', text: 'away', effect: false },
  { kind: 'status', name: 'internal', text: 'failed nonce verification: db error', effect: false },
  { kind: 'status', name: 'unavailable', text: 'away', effect: true },
  { kind: 'nonce' },
  { kind: 'nonce', expected: 40n },
  { kind: 'empty' },
  { kind: 'shortIds' },
  { kind: 'newer' },
);
const misfortune: fc.Arbitrary<Misfortune> = fc.record({ method: fc.constantFrom(...lostCalls), fault });
const options: fc.Arbitrary<AskOptions> = fc.record({
  once: fc.oneof({ weight: 4, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
  guestFails: fc.oneof({ weight: 4, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
});
/** Each of the other answers to what is not known of the network. */
const turned: readonly Partial<Switches>[] = [
  { nonceCode: 'aborted' },
  { nonceConsumedOnRefusal: true },
  { judgedFirst: 'state' },
  { reencode: true },
  { requestIds: 'random' },
  { programPublicUri: 'empty' },
  { programUri: 'public' },
  { duplicateProgram: 'refuse' },
  { lateFulfil: 'accept' },
  { repeatFulfil: 'accept' },
  { foreignFulfil: 'failedPrecondition' },
  { foreignFulfil: 'notFound' },
  { proverMayFailExecution: 'accept' },
  { messageLimitBytes: 4 * 2 ** 20 },
  { expiredAs: 'assigned' },
  { unknownStdinScheme: 'refuse' },
];
const anySwitches = fc.subarray([...turned]).map((all): Partial<Switches> => Object.assign({}, ...all));
const storyUnder = (switches: fc.Arbitrary<Partial<Switches>>): fc.Arbitrary<Story> =>
  fc.record({
    clients: fc.array(options, { minLength: 1, maxLength: 3 }),
    pauses: fc.array(fc.constantFrom(...pausesMs), { minLength: 1, maxLength: 12 }),
    crashes: fc
      .uniqueArray(fc.nat(mostSteps - 20), { minLength: crashesOfRun, maxLength: crashesOfRun })
      .map((steps) => new Set(steps)),
    faults: fc.array(misfortune, { maxLength: 4 }),
    switches,
  });

const good = /^answered: (FULFILLED 1 0|UNFULFILLABLE 0 1)$/;

async function assertEndsAlike(told: Story): Promise<void> {
  const calm = await play({ ...told, crashes: new Set(), faults: [] });
  const ends = await play(told);
  for (const [i, end] of ends.entries()) {
    if (!told.clients[i]?.once) assert.match(calm[i] ?? '', good);
    // One that asks once and leaves is proved when its call has arrived.
    if (end !== 'never came') assert.equal(end.replace('answered: ', ''), calm[i]?.replace('answered: ', ''));
  }
}

describe('crash anywhere, in front of the network', { timeout: 600_000 }, () => {
  it(`T11, T7: killed at 200 points under a failing network it ends as a calm one (FUZZ_SEED=${seed})`, async () => {
    const stories = storyUnder(fc.oneof(fc.constant({}), anySwitches));
    await fc.assert(fc.asyncProperty(stories, assertEndsAlike), { numRuns: 40, seed });
  });

  it('T7: a client is told to ask again while the network does not say what became of its earlier call', () =>
    assertEndsAlike({
      clients: [{ once: false, guestFails: false }],
      pauses: [0],
      crashes: new Set([0, 1, 2, 3, 4]),
      faults: [
        { method: 'GetProofRequestDetails', fault: { kind: 'lostAfter' } },
        { method: 'RequestProof', fault: { kind: 'empty' } },
      ],
      switches: {},
    }));

  for (const switches of turned)
    it(`T54: ends so too where ${JSON.stringify(switches)} is the truth about the network (FUZZ_SEED=${seed})`, async () => {
      const stories = storyUnder(fc.constant(switches));
      await fc.assert(fc.asyncProperty(stories, assertEndsAlike), { numRuns: 3, seed });
    });
});
