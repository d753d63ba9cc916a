// The signed object of an answer, byte for byte.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { cutSigned } from './cutSigned.js';

const signature = 'ab'.repeat(64);

describe('cutSigned', () => {
  it('keeps white space and order as they were signed', () => {
    const text = '{ "b":1,\n"a" : [1, 2.0] }';
    const cut = cutSigned(`{"tcbInfo":${text},"signature":"${signature}"}\n`, 'tcbInfo');
    assert.equal(cut.text, text);
    assert.equal(Buffer.from(cut.signature).toString('hex'), signature);
  });

  for (const [what, body] of [
    ['another object', `{"enclaveIdentity":{},"signature":"${signature}"}`],
    ['no signature', '{"tcbInfo":{}}'],
    ['a short signature', '{"tcbInfo":{},"signature":"ab"}'],
    ['two objects', `{"tcbInfo":{},"x":{},"signature":"${signature}"}`],
    ['a page of HTML', '<html>'],
  ] as const) {
    it(`refuses ${what}`, () => assert.throws(() => cutSigned(body, 'tcbInfo'), { code: 'COLLATERAL_MALFORMED' }));
  }
});
