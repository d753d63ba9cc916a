import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createLog } from '../../log.js';
import { SimulatedClock } from '../../testkit/world/simulatedClock.js';
import { createChainTime } from './chainTime.js';
import { ChainError } from './registryChain.js';

function rig() {
  const clock = new SimulatedClock();
  const state = { timestamp: 1_000_000, isDown: false };
  const head = async () => {
    if (state.isDown) throw new ChainError('down', 'no RPC answers');
    return { number: 1, parentHash: 'aa'.repeat(32), timestamp: state.timestamp };
  };
  const time = createChainTime({ chain: { head }, clock, log: createLog('silent'), pollEveryMs: 4_000 });
  return { clock, state, time };
}

describe('the clock of a chain', () => {
  it('goes by its blocks, and by running time while nothing is heard', async () => {
    const { clock, state, time } = rig();
    await clock.advance(4_000);
    assert.equal(time.now(), 1_000_000);
    state.isDown = true;
    await clock.advance(60_000);
    assert.equal(time.now(), 1_000_060);
    await clock.set(-3_600_000);
    assert.equal(time.now(), 1_000_060);
    time.close();
  });

  it('is moved ahead by a block, and tells it', async () => {
    const { clock, state, time } = rig();
    await clock.advance(4_000);
    let told = 0;
    time.onTime(() => {
      told += 1;
    });
    state.timestamp += 900;
    await clock.advance(4_000);
    assert.equal(time.now(), 1_000_900);
    assert.ok(told > 0);
    time.close();
  });

  it('stands still for a node that lags, and forgets a block from the future', async () => {
    const { clock, state, time } = rig();
    await clock.advance(4_000);
    state.timestamp -= 60;
    await clock.advance(4_000);
    assert.ok(time.now() >= 1_000_000);
    state.timestamp = 9_000_000;
    await clock.advance(4_000);
    assert.equal(time.now(), 9_000_000);
    state.timestamp = 1_000_020;
    await clock.advance(4_000);
    assert.equal(time.now(), 1_000_020);
    time.close();
  });
});
