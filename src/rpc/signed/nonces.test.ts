import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { FailureError } from '../../failures/failureError.js';
import type { Address } from '../../ids.js';
import { openStore, type Store } from '../../store/environment.js';
import { temporaryFolder } from '../../testkit/temporaryFolder.js';
import { SimulatedClock } from '../../testkit/world/simulatedClock.js';
import { createNonces, nonceWindowMs } from './nonces.js';

const [alice, bob] = ['11', '22'].map((byte) => byte.repeat(20) as Address) as [Address, Address];
const isStale = (error: unknown) => error instanceof FailureError && error.failure.code === 'NONCE_STALE';

describe('nonces', () => {
  let store: Store;
  before(async () => {
    store = await openStore(temporaryFolder('nonces'));
  });
  after(() => store.close());

  const fresh = () => {
    const clock = new SimulatedClock();
    const nonces = createNonces({ store, clock });
    const use = (address: Address, nonce: number, body: string) => {
      const { record } = nonces.accept(address, BigInt(nonce), body);
      return store.write(record);
    };
    return { clock, nonces, use };
  };

  it('are distinct and increase, also within one moment and after a restart', () => {
    const { nonces } = fresh();
    const leased = Array.from({ length: 100 }, () => nonces.lease());
    assert.equal(new Set(leased).size, 100);
    assert.deepEqual(
      [...leased].sort((a, b) => a - b),
      leased,
    );
    const later = createNonces({ store, clock: new SimulatedClock(1_700_000_000_000 + 1) });
    assert.ok(later.lease() > (leased.at(-1) ?? 0));
  });

  it('are accepted once, in any order, for some minutes', async () => {
    const { clock, nonces, use } = fresh();
    const [first, second] = [nonces.lease(), nonces.lease()];
    await clock.advance(nonceWindowMs - 1_000);
    await use(alice, second, 'a');
    await use(alice, first, 'b');
    assert.throws(() => nonces.accept(alice, BigInt(first), 'c'), isStale);
  });

  it('check 17: are accepted in reverse order, the second after a minute, also over a restart of the store', async () => {
    const folder = temporaryFolder('nonces');
    const clock = new SimulatedClock();
    const before = await openStore(folder);
    const first = createNonces({ store: before, clock });
    const [one, two, kept] = [first.lease(), first.lease(), first.lease()];
    await before.write(first.accept(alice, BigInt(two), 'b').record);
    await before.close();
    await clock.advance(60_000);
    const after = await openStore(folder);
    const second = createNonces({ store: after, clock });
    await after.write(second.accept(alice, BigInt(one), 'a').record);
    // What was used before the restart is used, and new leases are none of the old.
    assert.throws(() => second.accept(alice, BigInt(two), 'c'), isStale);
    await after.write(second.accept(alice, BigInt(two), 'b').record);
    assert.ok(second.lease() > kept);
    await after.write(second.accept(alice, BigInt(kept), 'c').record);
    await after.close();
  });

  it('are accepted again with the very same body, and by another address', async () => {
    const { nonces, use } = fresh();
    const nonce = nonces.lease() + 1_000_000;
    const late = createNonces({ store, clock: new SimulatedClock(1_700_000_000_000 + 2_000) });
    await store.write(late.accept(alice, BigInt(nonce), 'same').record);
    await store.write(late.accept(alice, BigInt(nonce), 'same').record);
    await store.write(late.accept(bob, BigInt(nonce), 'other').record);
    assert.throws(() => late.accept(alice, BigInt(nonce), 'other'), isStale);
    void use;
  });

  it('cannot be taken twice by two bodies at the same time', async () => {
    const { nonces, use } = fresh();
    const nonce = nonces.lease() + 0;
    const results = await Promise.allSettled([use(bob, nonce, 'one'), use(bob, nonce, 'two')]);
    assert.deepEqual(results.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
  });

  it('are refused when they are old, from the future, or beyond what a number holds', async () => {
    const { clock, nonces } = fresh();
    const nonce = nonces.lease();
    for (const wrong of [0n, 7n, BigInt(nonce) + 10n ** 9n, 2n ** 64n - 1n])
      assert.throws(() => nonces.accept(alice, wrong, 'x'), isStale);
    await clock.advance(nonceWindowMs + 1);
    assert.throws(() => nonces.accept(alice, BigInt(nonce), 'x'), isStale);
  });

  it('are forgotten when they could not be accepted any more, and not before', async () => {
    const { clock, nonces } = fresh();
    const count = () => [...store.scan('nonces', [])].length;
    assert.ok(count() > 0);
    await nonces.forget();
    assert.ok(count() > 0);
    await clock.advance(2 * nonceWindowMs);
    await nonces.forget();
    assert.equal(count(), 0);
  });

  it('are all forgotten at once, however many were used', async () => {
    const { clock, nonces } = fresh();
    const leased = Array.from({ length: 7_000 }, () => nonces.lease());
    await store.write((tx) => {
      for (const nonce of leased) tx.put('nonces', [nonce, alice], 'x');
    });
    await clock.advance(nonceWindowMs + 10_000);
    const last = nonces.lease();
    await store.write((tx) => tx.put('nonces', [last, alice], 'x'));
    await nonces.forget();
    assert.deepEqual(
      [...store.scan('nonces', [])].map(({ key }) => key[0]),
      [last],
    );
  });
});
