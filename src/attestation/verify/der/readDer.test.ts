// DER has one form for each value; all others are refused.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { childrenOf, DerError, exactly, readOnly, tags } from './readDer.js';
import { bitsOf, booleanOf, ecdsaSignatureOf, numberOf, oidOf, timeOf } from './values.js';

const bytes = (hex: string) => new Uint8Array(Buffer.from(hex.replaceAll(' ', ''), 'hex'));
const value = (hex: string, tag: number) => readOnly(bytes(hex), tag);
const time = (text: string, tag: number = tags.utcTime) => {
  const content = Buffer.from(text);
  return timeOf(readOnly(new Uint8Array(Buffer.concat([Buffer.of(tag, content.byteLength), content])), tag));
};

describe('DER', () => {
  it('is read without a copy', () => {
    const source = bytes('30 06 0201 05 0201 07');
    const [first, second] = childrenOf(readOnly(source, tags.sequence));
    assert.equal(first?.content.buffer, source.buffer);
    assert.deepEqual([numberOf(first), numberOf(second)], [5, 7]);
  });

  const refused: ReadonlyArray<readonly [what: string, read: () => unknown]> = [
    ['a byte behind the end', () => value('3000 00', tags.sequence)],
    ['an end within the value', () => value('3002 05', tags.sequence)],
    ['an indefinite length', () => value('3080 0000', tags.sequence)],
    ['a length that could be short', () => value('308101 00', tags.sequence)],
    ['a length with a leading zero', () => value(`30820080${'00'.repeat(128)}`, tags.sequence)],
    ['a length of four bytes', () => value('308401000000', tags.sequence)],
    ['a tag of more bytes', () => value('3f8100', 0x3f)],
    ['another tag', () => value('3100', tags.sequence)],
    ['a value with others than belong in it', () => exactly(value('3003 020105', tags.sequence), 2)],
    ['an empty number', () => numberOf(value('0200', tags.integer))],
    ['a negative number', () => numberOf(value('0201ff', tags.integer))],
    ['a number with a leading zero', () => numberOf(value('02020001', tags.integer))],
    ['a boolean that is neither', () => booleanOf(value('010101', tags.boolean))],
    ['an identifier that is padded', () => oidOf(value('06022a80', tags.oid))],
    ['an identifier with a leading 80', () => oidOf(value('06038001 01', tags.oid))],
    ['a bit string with unused bits', () => bitsOf(value('0302 0780', tags.bitString))],
    ['a time without seconds', () => time('2501010000Z')],
    ['a time of another zone', () => time('250101000000+0100')],
    ['a 30th of February', () => time('250230000000Z')],
    ['a time with a fraction', () => time('20250101000000.5Z', tags.generalizedTime)],
    ['a signature with a third number', () => ecdsaSignatureOf(bytes('3009 020101 020101 020101'))],
    ['a signature that is too long', () => ecdsaSignatureOf(bytes(`3026 0221 01${'00'.repeat(32)} 020101`))],
  ];
  for (const [what, read] of refused) it(`refuses ${what}`, () => assert.throws(read, DerError));

  it('reads both forms of time', () => {
    assert.equal(time('491231235959Z'), Date.UTC(2049, 11, 31, 23, 59, 59) / 1000);
    assert.equal(time('500101000000Z'), Date.UTC(1950, 0, 1) / 1000);
    assert.equal(time('20500101000000Z', tags.generalizedTime), Date.UTC(2050, 0, 1) / 1000);
  });
});
