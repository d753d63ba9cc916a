import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { firstFees, raisedFees } from './fees.js';

const now = { maxFeePerGas: 100n, maxPriorityFeePerGas: 10n };
const sent = (maxFeePerGas: string, maxPriorityFeePerGas: string) => ({ maxFeePerGas, maxPriorityFeePerGas });

describe('what a registration may cost', () => {
  it('is what the chain asks, up to the most', () => {
    assert.deepEqual(firstFees(now, 100n), now);
    assert.equal(firstFees(now, 99n), undefined);
  });

  it('rises by a quarter for a replacement, and at least to what the chain asks now', () => {
    assert.deepEqual(raisedFees(sent('100', '10'), now, 1_000n), { maxFeePerGas: 125n, maxPriorityFeePerGas: 13n });
    assert.deepEqual(raisedFees(sent('10', '1'), now, 1_000n), now);
  });

  it('is cut at the most, as long as a node takes that for a replacement', () => {
    assert.deepEqual(raisedFees(sent('100', '10'), now, 110n), { maxFeePerGas: 110n, maxPriorityFeePerGas: 13n });
    assert.equal(raisedFees(sent('100', '10'), now, 109n), undefined);
  });
});
