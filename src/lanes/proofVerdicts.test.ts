import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { SteadyMs } from '../clock.js';
import type { Address, RequestId } from '../ids.js';
import { ProofVerdicts } from './proofVerdicts.js';

const now = 1_000 as SteadyMs;
const later = (ms: number) => (now + ms) as SteadyMs;
const halfHour = 30 * 60_000;
let requests = 0;

function judge(
  verdicts: ProofVerdicts,
  prover: string,
  isValid: boolean,
  program = 'known',
  requester = 'a',
  at = now,
) {
  const requestId = `${requests++}` as RequestId;
  verdicts.made(requestId, prover);
  return verdicts.judged({ requestId, program, requester: requester as Address }, isValid, at);
}

function knowing(program = 'known'): ProofVerdicts {
  const verdicts = new ProofVerdicts();
  judge(verdicts, 'good', true, program);
  return verdicts;
}

describe('a prover whose proofs do not verify', () => {
  it('is set aside at the third in a row, for half an hour, and the others are not', () => {
    const verdicts = knowing();
    assert.deepEqual(
      [1, 2, 3].map(() => judge(verdicts, 'bad', false)),
      [undefined, undefined, 'bad'],
    );
    assert.equal(verdicts.asideUntil('bad', now), later(halfHour));
    assert.equal(verdicts.asideUntil('bad', later(halfHour)), undefined);
    assert.equal(verdicts.asideUntil('good', now), undefined);
  });

  it('is set aside again at the first one behind that, and by an operator’s word not before the third', () => {
    const verdicts = knowing();
    for (let times = 0; times < 3; times += 1) judge(verdicts, 'bad', false);
    assert.equal(judge(verdicts, 'bad', false, 'known', 'a', later(halfHour)), 'bad');
    verdicts.forgive('bad');
    assert.equal(verdicts.asideUntil('bad', later(halfHour)), undefined);
    assert.equal(judge(verdicts, 'bad', false), undefined);
  });

  it('begins anew after one that verifies', () => {
    const verdicts = knowing();
    for (const isValid of [false, false, true, false, false]) assert.equal(judge(verdicts, 'p', isValid), undefined);
    assert.equal(judge(verdicts, 'p', false), 'p');
  });

  it('is not the one to blame for programs of one stranger of which no proof ever verifies', () => {
    const verdicts = knowing('another');
    for (let times = 0; times < 9; times += 1)
      assert.equal(judge(verdicts, 'p', false, `strange ${times % 2}`, 'stranger'), undefined);
    assert.equal(judge(verdicts, 'p', false, 'of somebody else', 'b'), 'p');
  });

  it('is not blamed for a proof that it did not make, nor twice for one', () => {
    const verdicts = knowing();
    const requestId = 'x' as RequestId;
    const proof = { requestId, program: 'known', requester: 'a' as Address };
    verdicts.made(requestId, 'first');
    verdicts.made(requestId, 'second');
    for (let times = 0; times < 5; times += 1) assert.equal(verdicts.judged(proof, false, now), undefined);
    assert.equal(judge(verdicts, 'second', false), undefined);
    assert.equal(judge(verdicts, 'second', false), 'second');
    assert.equal(verdicts.asideUntil('first', now), undefined);
  });
});
