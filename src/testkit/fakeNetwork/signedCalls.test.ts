// Signed calls on the fake network, the vectors of their bytes, and what goes wrong on the way when a test says so.
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { create } from '@bufbuild/protobuf';
import { createSigner } from '../../client/signer.js';
import {
  FulfillmentStatus,
  FulfillmentStrategy,
  ProverNetwork,
  RequestProofRequestBodySchema,
} from '../../gen/network/network_pb.js';
import { type Address, bytesOf, type RequestId } from '../../ids.js';
import { bodyBytes, envelope } from '../service/serviceCalls.js';
import { stdinOf } from '../service/serviceRequests.js';
import { baseBody } from '../wireVectors.js';
import { meet, type Parties } from './parties.js';

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

describe('the fake network and signed calls', { timeout: 300_000 }, () => {
  let parties: Parties;
  let { network, requester, prover, raw } = {} as Parties;

  beforeEach(async () => {
    parties = await meet();
    ({ network, requester, prover, raw } = parties);
  });
  afterEach(() => parties.part());

  const reserved = { strategy: FulfillmentStrategy.RESERVED };
  const ask = async (text = 'input') => requester.submit(stdinOf(text), reserved);
  const statusOf = (id: RequestId) => network.ledger.requests.get(id)?.fulfillment;
  const refusal = ({ status, detail }: { status: string; detail: string }) => [status, detail];

  describe('signed calls', () => {
    it('rule 1: verifies the signature over the bytes as received, so that a field it does not know changes nothing', async () => {
      await requester.register();
      const stdinUri = await requester.uploadStdin(stdinOf('newer'));
      const body = await requester.bodyFor(stdinUri, reserved);
      // Field 99, a varint.
      const newer = Buffer.concat([bodyBytes(body), Buffer.from('980601', 'hex')]);
      const signer = createSigner('01'.repeat(32));
      assert.equal(
        (await raw.call(ProverNetwork.method.requestProof, envelope(signer.sign(newer), newer))).status,
        'OK',
      );
      assert.equal([...network.ledger.requests.values()].at(-1)?.requester, signer.address);
    });

    it('rule 1: with `reencode` it catches a body that its signature does not cover as this schema writes it', async () => {
      await requester.register();
      network.control.turn({ reencode: true });
      const body = await requester.bodyFor(await requester.uploadStdin(stdinOf('newer')), reserved);
      const newer = Buffer.concat([bodyBytes(body), Buffer.from('980601', 'hex')]);
      const signature = createSigner('01'.repeat(32)).sign(newer);
      assert.equal(
        (await raw.call(ProverNetwork.method.requestProof, envelope(signature, newer))).status,
        'UNAUTHENTICATED',
      );
      await ask('plain');
    });

    it('rule 4: a wrong nonce is UNAVAILABLE, in words that carry the number wanted', async () => {
      await requester.register();
      const requestId = bytesOf(await ask());
      const words = `failed nonce verification: invalid nonce for sender 0x${prover.signer.address} expected 0, got 3`;
      assert.deepEqual(refusal(await prover.fail({ nonce: 3n, requestId })), ['UNAVAILABLE', words]);
      network.control.turn({ nonceCode: 'aborted' });
      assert.deepEqual(refusal(await prover.fail({ nonce: 3n, requestId })), ['ABORTED', words]);
    });

    it('rule 3: takes each number of a signer once, in order', async () => {
      await requester.register();
      const requestId = bytesOf(await ask());
      assert.equal((await prover.fail({ nonce: 0n, requestId })).status, 'OK');
      assert.equal((await prover.fail({ nonce: 0n, requestId })).status, 'UNAVAILABLE');
      assert.equal((await prover.fail({ nonce: 2n, requestId })).status, 'UNAVAILABLE');
      assert.equal((await prover.fail({ nonce: 1n, requestId })).status, 'OK');
      assert.equal(network.ledger.nonceOf(prover.signer.address), 2n);
    });

    it('keeps the nonce of a refused call, or uses it up: a switch', async () => {
      await requester.register();
      const requestId = bytesOf(await ask());
      const proof = Buffer.from('no proof');
      assert.equal((await prover.fulfill({ nonce: 0n, requestId, proof })).status, 'INVALID_ARGUMENT');
      assert.equal(network.ledger.nonceOf(prover.signer.address), 0n);
      network.control.turn({ nonceConsumedOnRefusal: true });
      assert.equal((await prover.fulfill({ nonce: 0n, requestId, proof })).status, 'INVALID_ARGUMENT');
      assert.equal(network.ledger.nonceOf(prover.signer.address), 1n);
    });

    it('says first what is wrong with the nonce, or with the state: a switch', async () => {
      const nowhere = Buffer.alloc(32);
      assert.equal((await prover.fail({ nonce: 9n, requestId: nowhere })).status, 'UNAVAILABLE');
      network.control.turn({ judgedFirst: 'state' });
      assert.equal((await prover.fail({ nonce: 9n, requestId: nowhere })).status, 'NOT_FOUND');
    });

    it('refuses other formats, and signatures of 54 and 55 where the SDK sends none', async () => {
      const body = Buffer.from('0800', 'hex');
      const signature = prover.signer.sign(body);
      const asJson = Buffer.from(envelope(signature, body));
      asJson[1] = 2;
      const { failFulfillment } = ProverNetwork.method;
      assert.equal((await raw.call(failFulfillment, asJson)).status, 'INVALID_ARGUMENT');
      signature[64] = (signature[64] as number) + 27;
      assert.equal((await raw.call(failFulfillment, envelope(signature, body))).status, 'UNAUTHENTICATED');
      assert.equal((await raw.call(failFulfillment, envelope(Buffer.alloc(64), body))).status, 'UNAUTHENTICATED');
    });

    it('refuses a message above its limit in the words of the library that it runs on', async () => {
      network.control.turn({ messageLimitBytes: 1_000 });
      const found = await raw.call(ProverNetwork.method.fulfillProof, Buffer.alloc(1_001));
      const words = 'Error, decoded message length too large: found 1001 bytes, the limit is: 1000 bytes';
      assert.deepEqual(refusal(found), ['OUT_OF_RANGE', words]);
    });
  });

  describe('faults', () => {
    it('F1, F2: an answer that is lost after the effect, and before it', async () => {
      await requester.register();
      const requestId = await ask();
      network.faults.set('FailFulfillment', { kind: 'lostBefore' });
      assert.notEqual((await prover.fail({ nonce: 0n, requestId: bytesOf(requestId) })).status, 'OK');
      assert.equal(statusOf(requestId), FulfillmentStatus.ASSIGNED);
      network.faults.set('FailFulfillment', { kind: 'lostAfter' });
      assert.notEqual((await prover.fail({ nonce: 0n, requestId: bytesOf(requestId) })).status, 'OK');
      assert.equal(statusOf(requestId), FulfillmentStatus.UNFULFILLABLE);
      assert.deepEqual(
        network.record.of('FailFulfillment').map(({ verdict }) => verdict),
        ['lost', 'lost'],
      );
    });

    it('F6, F8, F9, F25: a status with and without the effect, a proxy, a reset, an empty answer', async () => {
      await requester.register();
      const requestId = bytesOf(await ask());
      const status = { kind: 'status', name: 'unavailable', text: 'upstream is away' } as const;
      network.faults.set('FailFulfillment', { ...status, effect: false });
      assert.deepEqual(refusal(await prover.fail({ nonce: 0n, requestId })), ['UNAVAILABLE', 'upstream is away']);
      network.faults.set('FailFulfillment', { kind: 'http', status: 503 });
      assert.equal((await prover.fail({ nonce: 0n, requestId })).status, 'UNAVAILABLE');
      network.faults.set('FailFulfillment', { kind: 'reset' });
      assert.notEqual((await prover.fail({ nonce: 0n, requestId })).status, 'OK');
      assert.equal(network.ledger.nonceOf(prover.signer.address), 0n);
      network.faults.set('FailFulfillment', { ...status, effect: true });
      assert.equal((await prover.fail({ nonce: 0n, requestId })).status, 'UNAVAILABLE');
      assert.equal(network.ledger.nonceOf(prover.signer.address), 1n);
      network.faults.set('FailFulfillment', { kind: 'empty' });
      const empty = await prover.fail({ nonce: 1n, requestId });
      assert.deepEqual([empty.status, empty.bytes.byteLength], ['OK', 0]);
    });
  });

  describe('vectors of section 8', () => {
    const nonce = 9n;
    const requestId = Buffer.alloc(32, 0xaa);
    const signatures = {
      fulfil:
        'f5f32b77d38b2e004daa3d81eb8d58166f5315458ae1e79e4be50d42e5ed8e6a214854c29e001fc9bfe123e576542852f3eaf408d3464d961328c8ace1eb0b761c',
      failed:
        'ba0f27c9e9e2eac07770fffc9804ca2584ba39ad114cd565c8a130f5b4cc9d6456537978a4fb7e7fb91eb4543386c1086ecb43bac6479483f1a8b366eafbb51d1b',
      released:
        '3a0ea61d5d380785dcbdbcc570b9c7166d647383c6123952ab022a00d3509f765e5e5bb426acf571c7553199d8dc0f478a051ab4f4863623a8573200514d5c941b',
    };
    /** The signature of the last call that came. */
    const lastSignature = () => hex(network.record.calls.at(-1)?.raw.subarray(4, 69) ?? Buffer.of());

    it('bodies, signatures and envelopes of key 4 are these bytes, and recover to its address', async () => {
      assert.equal(prover.signer.address, '1eff47bc3a10a45d4b230b5d10e37751fe6aa718');
      await prover.fulfill({ nonce, requestId, proof: Buffer.from('01020304', 'hex') });
      const body = `08091220${hex(requestId)}1a0401020304`;
      assert.equal(hex(network.record.calls.at(-1)?.raw ?? Buffer.of()), `08011241${signatures.fulfil}1a2a${body}`);
      assert.equal(network.record.calls.at(-1)?.signer, prover.signer.address);
      await prover.fail({ nonce, requestId, error: 1 });
      assert.equal(lastSignature(), signatures.failed);
      await prover.fail({ nonce, requestId });
      assert.equal(lastSignature(), signatures.released);
    });

    it('the id of a base request is the hash of its requester and its signed body', () => {
      const body = create(RequestProofRequestBodySchema, {});
      const address = '7e5f4552091a69125d5dfcb7b8c2659029395bdf' as Address;
      const request = network.ledger.newRequest(address, body, Buffer.from(baseBody, 'hex'), '00'.repeat(32));
      assert.equal(request.requestId, 'bfd335055c16897c2e9dc25d49cb75ad5e0672a36132f1c36a44f21a9fef46be');
      network.control.turn({ requestIds: 'random' });
      const other = network.ledger.newRequest(address, body, Buffer.from(baseBody, 'hex'), '00'.repeat(32));
      assert.notEqual(other.requestId, request.requestId);
    });
  });
});
