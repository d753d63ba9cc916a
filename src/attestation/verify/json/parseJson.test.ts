// The strict reader gives what JSON.parse gives, and refuses more.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { JsonError, parseJson } from './parseJson.js';

describe('parseJson', () => {
  it('reads whatever JSON.stringify writes', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), fc.constantFrom(undefined, 1, '\t'), (value, space) => {
        const json = JSON.stringify(value, null, space);
        assert.deepEqual(parseJson(json), JSON.parse(json));
      }),
    );
  });

  it('accepts nothing that JSON.parse refuses', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'{}[]":,0123-.eE \\untrfals') }), (text) => {
        try {
          parseJson(text);
        } catch (error) {
          assert.ok(error instanceof JsonError);
          return;
        }
        assert.doesNotThrow(() => JSON.parse(text));
      }),
      { numRuns: 2_000 },
    );
  });

  for (const [what, text] of [
    ['a key twice', '{"a":1,"a":1}'],
    ['a key twice, written in another way', '{"a":1,"\\u0061":1}'],
    ['a comma too many', '[1,]'],
    ['a leading zero', '[01]'],
    ['a byte order mark', '\ufeff{}'],
    ['33 levels', '['.repeat(34) + ']'.repeat(34)],
    ['a string without an end', `"${'\\'.repeat(100_001)}`],
  ] as const) {
    it(`refuses ${what}`, () => assert.throws(() => parseJson(text), JsonError));
  }

  it('keeps a property named __proto__ as one', () => {
    const value = parseJson('{"__proto__":{"version":1}}') as object;
    assert.deepEqual(Object.keys(value), ['__proto__']);
    assert.equal((value as { version?: number }).version, undefined);
  });
});
