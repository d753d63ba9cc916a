// The one owner of the signer's nonces, with a network that is scripted and a clock that the test moves.
import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { createLog } from '../log.js';
import { SimulatedClock } from '../testkit/world/simulatedClock.js';
import { createNonceOwner, isNonceRefusal, type NonceOwner, wantedNonce } from './nonceOwner.js';

describe('the nonce owner', () => {
  let clock: SimulatedClock;
  let looks: number;
  let known: bigint | Error;
  let owner: NonceOwner;
  let granted: [name: string, nonce: bigint][];
  /** Why its own count did not hold. */
  let resyncs: string[];

  beforeEach(() => {
    clock = new SimulatedClock();
    looks = 0;
    known = 7n;
    granted = [];
    resyncs = [];
    const look = async () => {
      looks += 1;
      if (known instanceof Error) throw known;
      return known;
    };
    owner = createNonceOwner({ look, clock, log: createLog('silent'), note: (why) => void resyncs.push(why) });
  });

  const line = (name: string, deadlineAt = 1_000, isFailure = false) =>
    owner.line({ deadlineAt, isFailure, grant: (nonce) => void granted.push([name, nonce]) });
  const settled = () => new Promise((resolve) => setImmediate(resolve));

  it('rule 3: asks once, and then counts by itself: one call in flight', async () => {
    line('a');
    line('b');
    await settled();
    assert.deepEqual(granted, [['a', 7n]]);
    owner.done(7n, { kind: 'accepted' });
    assert.deepEqual(granted.at(-1), ['b', 8n]);
    owner.done(8n, { kind: 'accepted' });
    line('c');
    assert.deepEqual(granted.at(-1), ['c', 9n]);
    assert.equal(looks, 1);
  });

  it('serves the earliest deadline first, and a proof before a failure', async () => {
    line('late', 9_000);
    line('failure', 2_000, true);
    line('proof', 2_000);
    await settled();
    for (const nonce of [7n, 8n]) owner.done(nonce, { kind: 'accepted' });
    assert.deepEqual(
      granted.map(([name]) => name),
      ['proof', 'failure', 'late'],
    );
  });

  it('T15: takes the number that the network wants, and counts a stranger', async () => {
    line('a');
    await settled();
    owner.done(7n, { kind: 'wanted', expected: 12n });
    line('b');
    assert.deepEqual(granted.at(-1), ['b', 12n]);
    assert.deepEqual([owner.foreign, looks], [1, 1]);
  });

  it('T16: a smaller number wanted is taken at once, and is no stranger', async () => {
    line('a');
    await settled();
    owner.done(7n, { kind: 'wanted', expected: 5n });
    line('b');
    assert.deepEqual(granted.at(-1), ['b', 5n]);
    assert.equal(owner.foreign, 0);
  });

  it('T17: after any other refusal it looks again, and guesses nothing', async () => {
    line('a');
    await settled();
    known = 8n;
    owner.done(7n, { kind: 'unknown' });
    line('b');
    await settled();
    assert.deepEqual([granted.at(-1), looks], [['b', 8n], 2]);
  });

  it('T18: believes its own accepted numbers before a network that lags', async () => {
    line('a');
    await settled();
    owner.done(7n, { kind: 'accepted' });
    line('b');
    known = 5n;
    owner.done(8n, { kind: 'unknown' });
    line('c');
    await settled();
    assert.deepEqual(granted.at(-1), ['c', 8n]);
  });

  it('T20: while the network is away there is one probe each 5 to 30 s, and then all flow', async () => {
    known = new Error('away');
    line('a');
    line('b');
    await settled();
    for (let second = 0; second < 300; second += 1) {
      await clock.advance(1_000);
      // Reports that are made meanwhile do not ask by themselves.
      if (second < 100) line(`made at ${second}`, 2_000);
    }
    assert.ok(looks >= 8 && looks <= 13, `${looks} probes`);
    assert.deepEqual(granted, []);
    known = 7n;
    for (let second = 0; second < 31; second += 1) await clock.advance(1_000);
    owner.done(7n, { kind: 'accepted' });
    assert.deepEqual(granted, [
      ['a', 7n],
      ['b', 8n],
    ]);
  });

  it('4.14: tells why its own count does not hold', async () => {
    const ends = [
      { kind: 'accepted' },
      { kind: 'wanted', expected: 20n },
      { kind: 'wanted', expected: 19n },
      { kind: 'wanted', expected: undefined },
      { kind: 'unknown' },
    ] as const;
    for (const [number, end] of ends.entries()) {
      line(`${number}`);
      await settled();
      owner.done(granted.at(-1)?.[1] ?? assert.fail('no grant'), end);
    }
    await settled();
    assert.deepEqual(resyncs, ['start', 'foreign', 'tooHigh', 'unnumbered', 'unknown']);
  });

  it('T20: reports that come while the network is away wait for the same probe', async () => {
    known = new Error('away');
    for (let second = 0; second < 300; second += 1) {
      if (second % 3 === 0) line(`report ${second}`);
      await clock.advance(1_000);
    }
    assert.ok(looks >= 8 && looks <= 13, `${looks} probes`);
    owner.close();
    const before = looks;
    await clock.advance(600_000);
    assert.equal(looks, before);
  });

  it('forgets who has left its line', async () => {
    const leave = line('a');
    leave();
    line('b');
    await settled();
    assert.deepEqual(granted, [['b', 7n]]);
  });

  it('rule 4: reads the number wanted from the words of the network, and knows a fault from a verdict', () => {
    const words = `failed nonce verification: invalid nonce for sender 0x${'1'.repeat(40)} expected 138, got 137`;
    assert.deepEqual([isNonceRefusal(words), wantedNonce(words)], [true, 138n]);
    const fault = 'failed nonce verification: db error';
    assert.deepEqual([isNonceRefusal(fault), wantedNonce(fault)], [false, undefined]);
    assert.equal(isNonceRefusal('upstream is away'), false);
  });
});
