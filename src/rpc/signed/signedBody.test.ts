import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { FailureError } from '../../failures/failureError.js';
import { auctionBody, baseBody } from '../../testkit/wireVectors.js';
import { flavourOf } from '../sdk/flavour.js';
import { signedBody } from './signedBody.js';

const bytes = (hex: string) => new Uint8Array(Buffer.from(hex, 'hex'));
const field = (number: number, content: Uint8Array) =>
  Buffer.concat([Buffer.from([(number << 3) | 2, content.length]), content]);
const isMalformed = (error: unknown) => error instanceof FailureError && error.failure.code === 'MALFORMED_REQUEST';

describe('signedBody', () => {
  it('rule 3: is field 3 as it was sent, unknown fields included', () => {
    const body = Buffer.concat([bytes('0807'), field(15, Buffer.from('from the future'))]);
    const envelope = Buffer.concat([
      bytes('0801'),
      field(2, Buffer.alloc(65)),
      field(3, body),
      field(9, Buffer.from('x')),
    ]);
    assert.deepEqual(Buffer.from(signedBody(envelope)), body);
  });

  it('refuses two bodies, which a parser would merge into one that was not signed', () => {
    assert.throws(() => signedBody(Buffer.concat([field(3, bytes('0807')), field(3, bytes('0808'))])), isMalformed);
    assert.throws(() => signedBody(new Uint8Array()), isMalformed);
  });

  it('answers any bytes with a body or a refusal', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (any) => {
        try {
          signedBody(any);
        } catch (error) {
          assert.ok(isMalformed(error), String(error));
        }
      }),
    );
  });
});

describe('flavourOf', () => {
  it('tells the recorded bodies apart', () => {
    assert.equal(flavourOf(bytes(baseBody)), 'base');
    assert.equal(flavourOf(bytes(auctionBody)), 'auction');
  });

  it('goes by the wire type of field 12, and by the fields of the auction alone only without it', () => {
    assert.equal(flavourOf(bytes('08076001')), 'base');
    assert.equal(flavourOf(bytes('0807620122')), 'auction');
    assert.equal(flavourOf(bytes('08076a0133')), 'auction');
    assert.equal(flavourOf(bytes('0807a2010177')), 'auction');
    assert.equal(flavourOf(bytes('0807a80101')), 'auction');
    // A base body of a newer client may have fields that only look like the auction's.
    assert.equal(flavourOf(bytes('080760016a0133')), 'base');
    assert.equal(flavourOf(bytes('0807b2010133')), 'base');
  });

  it('takes a body without a sign for base', () => {
    assert.equal(flavourOf(bytes('0807')), 'base');
    assert.equal(flavourOf(new Uint8Array()), 'base');
  });

  it('answers any bytes with a flavour or a refusal', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (any) => {
        try {
          assert.match(flavourOf(any), /^(base|auction)$/);
        } catch (error) {
          assert.ok(isMalformed(error), String(error));
        }
      }),
    );
  });
});
