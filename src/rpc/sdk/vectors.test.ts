// Bytes that SDKs have made and signed, read by both of our schemas: every field in its place, and nothing lost.
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { fromBinary, toBinary } from '@bufbuild/protobuf';
import { RequestProofRequestBodySchema as AuctionBodySchema } from '../../gen/network/auction/auction_pb.js';
import { RequestProofRequestBodySchema } from '../../gen/network/network_pb.js';
import {
  artifactVectors,
  auctionBody,
  auctionSignature,
  baseBody,
  baseSignature,
  pinnedAuctionBody,
  pinnedBaseBody,
} from '../../testkit/wireVectors.js';
import { createSignatures } from '../signed/signatures.js';
import { flavourOf } from './flavour.js';

const bytes = (hex: string) => new Uint8Array(Buffer.from(hex, 'hex'));
const hex = (found: Uint8Array | undefined) => Buffer.from(found ?? []).toString('hex');
const vkHash = '000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f';

describe('vectors of the wire', () => {
  const signatures = createSignatures({ threads: 1 });
  after(() => signatures.close());
  const recover = (message: Uint8Array, signature: string) =>
    signatures.recover({ message, signature: bytes(signature) });

  for (const [index, name] of ['private key 1', 'private key 2', 'private key 4 (v = 55)'].entries()) {
    it(`check 2: CreateArtifact, ${name}: v of 54 or 55 names the address that 27 or 28 does`, async () => {
      const { address, signature } = artifactVectors[index] as (typeof artifactVectors)[number];
      const message = new TextEncoder().encode('create_artifact');
      const v = Number.parseInt(signature.slice(-2), 16);
      assert.equal(v, index === 2 ? 55 : 54);
      assert.equal(await recover(message, signature), address);
      assert.equal(await recover(message, signature.slice(0, -2) + (v - 27).toString(16)), address);
      // The other parity is somebody else: a rule that got it wrong would not fail by itself.
      assert.notEqual(await recover(message, signature.slice(0, -2) + (109 - v).toString(16)), address);
    });
  }

  it('RequestProof, base flavour, private key 1', async () => {
    assert.equal(flavourOf(bytes(baseBody)), 'base');
    assert.equal(await recover(bytes(baseBody), baseSignature), artifactVectors[0]?.address);
    const body = fromBinary(RequestProofRequestBodySchema, bytes(baseBody));
    assert.equal(hex(toBinary(RequestProofRequestBodySchema, body)), baseBody);
    const { nonce, version, mode, strategy, stdinUri, deadline, cycleLimit, gasLimit, stdinPrivate } = body;
    assert.deepEqual(
      { nonce, version, mode, strategy, stdinUri, deadline, cycleLimit, gasLimit, stdinPrivate },
      {
        nonce: 7n,
        version: 'sp1-v6.1.0',
        mode: 2,
        strategy: 1,
        stdinUri: 'http://h/artifacts/stdin/a1',
        deadline: 1_800_000_000n,
        cycleLimit: 2n ** 64n - 1n,
        gasLimit: 2n ** 64n - 1n,
        stdinPrivate: true,
      },
    );
    assert.equal(hex(body.vkHash), vkHash);
  });

  it('RequestProof, auction flavour, private key 2', async () => {
    assert.equal(flavourOf(bytes(auctionBody)), 'auction');
    assert.equal(await recover(bytes(auctionBody), auctionSignature), artifactVectors[1]?.address);
    const body = fromBinary(AuctionBodySchema, bytes(auctionBody));
    assert.equal(hex(toBinary(AuctionBodySchema, body)), auctionBody);
    const { nonce, version, mode, strategy, cycleLimit, gasLimit, minAuctionPeriod, variant, stdinPrivate } = body;
    assert.deepEqual(
      { nonce, version, mode, strategy, cycleLimit, gasLimit, minAuctionPeriod, variant, stdinPrivate },
      {
        nonce: 7n,
        version: 'sp1-v5.0.0',
        mode: 4,
        strategy: 3,
        cycleLimit: 1000n,
        gasLimit: 2000n,
        minAuctionPeriod: 1n,
        variant: 0,
        stdinPrivate: false,
      },
    );
    assert.deepEqual(
      [body.domain, body.auctioneer, body.executor, body.verifier, body.publicValuesHash, body.treasury].map(hex),
      ['22'.repeat(32), ...['33', '44', '55'].map((each) => each.repeat(20)), '66'.repeat(32), '77'.repeat(20)],
    );
    assert.deepEqual([body.baseFee, body.maxPricePerPgu, body.whitelist.map(hex)], ['0', '0', ['11'.repeat(20)]]);
  });

  it('the bodies that the SDK pins itself, in each flavour', () => {
    const base = fromBinary(RequestProofRequestBodySchema, bytes(pinnedBaseBody));
    assert.equal(flavourOf(bytes(pinnedBaseBody)), 'base');
    assert.equal(hex(toBinary(RequestProofRequestBodySchema, base)), pinnedBaseBody);
    assert.deepEqual([base.nonce, base.minAuctionPeriod, base.whitelist.length], [150n, 30n, 2]);
    const auction = fromBinary(AuctionBodySchema, bytes(pinnedAuctionBody));
    assert.equal(flavourOf(bytes(pinnedAuctionBody)), 'auction');
    assert.equal(hex(toBinary(AuctionBodySchema, auction)), pinnedAuctionBody);
    const { baseFee, maxPricePerPgu, variant, stdinPrivate } = auction;
    assert.deepEqual([baseFee, maxPricePerPgu, variant, stdinPrivate], ['123', '456', 1, true]);
    for (const unknown of [base.$unknown, auction.$unknown]) assert.equal(unknown, undefined);
  });
});
