// Tokens: what is taken, what is refused and how, and what a rotation looks like from the client's side.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FailureCode } from '../../failures/catalog.js';
import { FailureError } from '../../failures/failureError.js';
import { SimulatedClock } from '../../testkit/world/simulatedClock.js';
import { Tokens } from './tokens.js';

const [alice, bob, carol] = ['alice-0123456789', 'bob-0123456789abc', 'carol-0123456789!'];
const minutes = 60_000;

function set(...known: string[]) {
  const clock = new SimulatedClock();
  const tokens = new Tokens(clock);
  tokens.replace(known.join('\n'));
  const answer = (authorization: string | undefined): FailureCode | 'in' => {
    try {
      tokens.check(authorization);
      return 'in';
    } catch (error) {
      assert.ok(error instanceof FailureError);
      return error.failure.code;
    }
  };
  return { clock, tokens, answer, with: (token: string) => answer(`Bearer ${token}`) };
}

test('who has one of the tokens is let in', () => {
  const { answer, with: answerWith } = set('# the team', alice, '', `${bob} # laptop`);
  assert.equal(answerWith(alice), 'in');
  assert.equal(answerWith(bob), 'in');
  assert.equal(answer(`bearer ${bob}`), 'in');
});

test('without a token, in another form or with an unknown one the answer is final', () => {
  const { answer, with: answerWith } = set(alice);
  for (const none of [undefined, '', alice, `Basic ${alice}`, 'Bearer ', `Bearer  ${alice}`, `Bearer ${alice} x`])
    assert.equal(answer(none), 'TOKEN_MISSING', none);
  assert.equal(answerWith('x'.repeat(513)), 'TOKEN_MISSING');
  for (const other of [bob, alice.slice(0, -1), `${alice}x`, alice.toUpperCase()])
    assert.equal(answerWith(other), 'TOKEN_UNKNOWN', other);
});

test('a replaced token is answered with a retry for five minutes, then it is unknown', async () => {
  const { clock, tokens, with: answerWith } = set(alice, bob);
  tokens.replace(`${bob}\n${carol}`);
  assert.deepEqual([alice, bob, carol].map(answerWith), ['TOKEN_REPLACED', 'in', 'in']);
  await clock.advance(4 * minutes);
  // Another change does not begin its time anew.
  tokens.replace(carol);
  assert.deepEqual([alice, bob, carol].map(answerWith), ['TOKEN_REPLACED', 'TOKEN_REPLACED', 'in']);
  await clock.advance(minutes);
  assert.deepEqual([alice, bob, carol].map(answerWith), ['TOKEN_UNKNOWN', 'TOKEN_REPLACED', 'in']);
  tokens.replace(`${alice}\n${bob}`);
  assert.deepEqual([alice, bob, carol].map(answerWith), ['in', 'in', 'TOKEN_REPLACED']);
});

test('a list with a wrong line is refused whole, by line number and without its text', () => {
  const { tokens, with: answerWith } = set(alice);
  const refused: Array<[string, RegExp]> = [
    [`${bob}\n\nhunter2`, /^line 3 is not a token \(16 to 512 visible ASCII characters\)$/],
    [`${bob} ${carol}`, /^line 1 is not a token/],
    ['x'.repeat(513), /^line 1 is not a token/],
    ['größer-als-sechzehn', /^line 1 is not a token/],
    ['# nobody\n', /^it has no entries$/],
    [
      Array.from({ length: 10_001 }, (_, n) => `token-number-${n + 10_000}`).join('\n'),
      /^line 10001 is one entry more/,
    ],
  ];
  for (const [text, problem] of refused) {
    assert.throws(() => tokens.replace(text), { message: problem });
    assert.deepEqual([alice, bob].map(answerWith), ['in', 'TOKEN_UNKNOWN']);
  }
});
