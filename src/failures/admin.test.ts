// Operators see these sentences as they are, so they are pinned, each of them.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { adminFailures } from './admin.js';
import type { Failure } from './catalog.js';
import { fail } from './fail.js';
import { sentenceOf } from './sentenceOf.js';

const id = 'ab'.repeat(32);
const all: Array<[Failure, string]> = [
  [
    fail('NOT_UNDERSTOOD', { field: 'page.size', problem: 'it is at most 500' }),
    'page.size is not understood: it is at most 500.',
  ],
  [
    fail('REQUEST_UNKNOWN', { digits: '3fa94c21' }),
    'No request here has an id that begins or ends with 3fa94c21. Of ended ones only the last 20,000 are searched by their last digits: give the whole id.',
  ],
  [
    fail('AMBIGUOUS_ID', { digits: '3fa94c', candidates: [id, '22'.repeat(32)] }),
    `Several ids begin or end with 3fa94c: ${id}, ${'22'.repeat(32)}. Give more digits.`,
  ],
  [
    fail('REQUEST_UNKNOWN', { digits: 'ab'.repeat(32) }),
    `No request here has the id ${'ab'.repeat(32)}: there never was one, or its record was deleted a while after its end.`,
  ],
  [
    fail('DELIVERY_UNKNOWN', { digits: 'ab'.repeat(32) }),
    `No delivery here has the id ${'ab'.repeat(32)}: there never was one, or its record was deleted a while after its end.`,
  ],
  [fail('SIGNER_UNKNOWN', { digits: '3fa94c21' }), 'No signing key here has an id that begins or ends with 3fa94c21.'],
  [
    fail('DELIVERY_UNKNOWN', { digits: '3fa94c21' }),
    'No delivery here has an id that begins or ends with 3fa94c21. Of ended ones only some are searched by their last digits: give the whole id.',
  ],
  [
    fail('PROGRAM_UNKNOWN', { digits: '3fa94c' }),
    'No program is registered here under a hash that begins or ends with 3fa94c.',
  ],
  [
    fail('PROGRAM_IN_USE', { vkHash: id, count: 3 }),
    `Program ${id} is needed by 3 open requests. Cancel them, or wait for their end: sealed-prover admin requests --program ${id}.`,
  ],
  [
    fail('LANE_UNKNOWN', { lane: 'gpu-9', lanes: ['gpu-0', 'gpu-1'] }),
    'There is no lane gpu-9 here. There are: gpu-0, gpu-1.',
  ],
  [
    fail('CURSOR_AHEAD', { after: '12', newest: 7 }),
    'The feed has not come to number 12 yet: its last is 7. Watch from 0, which is now, and list anew.',
  ],
  [
    fail('COUNT_DIFFERS', { confirmed: 3, found: 4 }),
    '4 requests fit now, and 3 were confirmed. Look again, and confirm 4.',
  ],
  [
    fail('STALE_VIEW', { what: 'Request', id, seq: 7 }),
    `Request ${id} has moved on: its last transition is now number 7. Look again.`,
  ],
  [
    fail('NOTHING_TO_DO', { action: 'cancel', state: 'fulfilled' }),
    'There is nothing to do for cancel: it is fulfilled.',
  ],
  [
    fail('INPUT_GONE', { requestId: id, state: 'failed' }),
    `Request ${id} is failed, and its private input was deleted with its end: its client must ask again. With --hold-failed such requests wait for an operator before they end.`,
  ],
  [
    fail('LAST_LANE', { lane: 'gpu-0', work: ['core', 'compressed'] }),
    'Lane gpu-0 is the last one that takes work of these kinds: core, compressed. With --force it is done all the same, and such requests wait.',
  ],
  [
    fail('LANE_NOT_READY', { lane: 'gpu-0', state: 'busy' }),
    'Lane gpu-0 is busy, and a program is set up or freed only on one that is ready. Ask again when it is. Drained, it is given nothing new meanwhile: sealed-prover admin lane gpu-0 drain.',
  ],
  [
    fail('LANE_KEEPS_NONE', { lane: 'cpu-verify-0' }),
    'Lane cpu-verify-0 keeps no programs between its jobs. Those do that prove or make keys on this machine, and a worker decides by itself.',
  ],
  [
    fail('PROGRAM_UNCERTAIN', { vkHash: id, count: 2 }),
    `2 different programs are registered under ${id}, and which one is right is not known before the first proof of it. Ask again then.`,
  ],
  [
    fail('OPERATION_REUSED', { operationId: '0f0f0f0f-1111-4222-8333-444455556666' }),
    'Operation 0f0f0f0f-1111-4222-8333-444455556666 was another action. Give each a UUID of its own.',
  ],
  [
    fail('FOLDER_UNUSABLE', { problem: 'No backup was made: /b is there already.' }),
    'No backup was made: /b is there already.',
  ],
  [fail('WATCHERS_FULL', { limit: 64 }), '64 watchers follow the feed already. Close one of them.'],
  [
    fail('OPERATOR_UNKNOWN'),
    'Operators are asked for a token or a client certificate of the list here, and this call has none. Send the header authorization: Bearer TOKEN; with the command line, --token-file.',
  ],
  [
    fail('NOT_ALLOWED', { needed: 'own', role: 'read' }),
    'This takes the role own, and the caller has read. Ask somebody who has it.',
  ],
  [
    fail('HOST_UNKNOWN'),
    'This listener has another name. Call it by an address, by localhost, or by a name that is in its certificate.',
  ],
  [fail('CROSS_SITE'), 'A page of another site may ask nothing here.'],
  [fail('CALLS_TOO_MANY', { limit: 20 }), 'An operator has 20 calls a second here. Ask again a moment later.'],
  [
    fail('TOKEN_EXPIRED'),
    'This page token belongs to another list. Begin again with the first page, with the filter that you want.',
  ],
];

describe('sentences for operators', () => {
  for (const [failure, sentence] of all) it(failure.code, () => assert.equal(sentenceOf(failure), sentence));

  it('are all here', () => {
    const pinned = new Set<string>(all.map(([{ code }]) => code));
    assert.deepEqual(
      Object.keys(adminFailures).filter((code) => !pinned.has(code)),
      [],
    );
  });
});
