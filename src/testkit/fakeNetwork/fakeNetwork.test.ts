// The fake network must be honest, or what passes on it means nothing: what it refuses, in which words, and what it lets through.
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { createSigner } from '../../client/signer.js';
import { holdingClock } from '../../clock.js';
import {
  CreateProgramRequestBodySchema,
  FulfillmentStatus,
  FulfillmentStrategy,
  GetFilteredProofRequestsResponseSchema,
  GetNonceResponseSchema,
  GetOwnerResponseSchema,
  GetProofRequestDetailsResponseSchema,
  ProverNetwork,
  RequestProofRequestBodySchema,
} from '../../gen/network/network_pb.js';
import { type Address, bytesOf, parseAddress } from '../../ids.js';
import { fakeProof } from '../engine/fakeProof.js';
import { envelope } from '../service/serviceCalls.js';
import { expectedProof, stdinOf } from '../service/serviceRequests.js';
import { meet, type Parties } from './parties.js';

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const query = <S extends Parameters<typeof create>[0]>(schema: S, fields: object) =>
  toBinary(schema, create(schema, fields as never));

describe('the fake network', { timeout: 300_000 }, () => {
  let parties: Parties;
  let { network, requester, prover, raw } = {} as Parties;

  beforeEach(async () => {
    parties = await meet();
    ({ network, requester, prover, raw } = parties);
  });
  afterEach(() => parties.part());

  const reserved = { strategy: FulfillmentStrategy.RESERVED };
  const ask = async (text = 'input') => requester.submit(stdinOf(text), reserved);
  const proofOf = (text = 'input') => expectedProof(stdinOf(text));

  describe('a proof, from request to download', () => {
    it('our client completes it, in Reserved mode and assigned by reservation', async () => {
      await requester.register();
      const requestId = await ask();
      assert.equal(network.ledger.requests.get(requestId)?.fulfiller, prover.signer.address);
      assert.equal((await requester.client.status(requestId)).state, 'executing');
      const answer = await prover.fulfill({ nonce: 0n, requestId: bytesOf(requestId), proof: proofOf() });
      assert.equal(answer.status, 'OK', answer.detail);
      const { proofUrl } = await requester.client.waitProof(requestId);
      assert.deepEqual(await requester.fetchProof(proofUrl), proofOf());
      assert.deepEqual(network.invariants(), []);
    });

    it('assigns what asks for no prover of its own to the one that the control names', async () => {
      await requester.register();
      network.control.hosted = prover.signer.address;
      const requestId = await requester.submit(stdinOf('hosted'), { strategy: FulfillmentStrategy.HOSTED });
      assert.equal(network.ledger.requests.get(requestId)?.fulfiller, prover.signer.address);
    });

    it('shows a failure with its number', async () => {
      await requester.register();
      const requestId = await ask();
      assert.equal((await prover.fail({ nonce: 0n, requestId: bytesOf(requestId), error: 6 })).status, 'OK');
      await assert.rejects(requester.client.waitProof(requestId), /PROVING_FAILURE/);
      assert.equal(network.ledger.requests.get(requestId)?.error, 6);
    });
  });

  describe('rights and states', () => {
    it('T27: a requester without a reservation gets no prover', async () => {
      await requester.register();
      network.control.removeReservation(requester.address);
      await assert.rejects(ask(), /no reservation found for requester/);
      assert.equal(network.ledger.requests.size, 0);
    });

    it('T29: the delegate of the owner may sign, and nobody else', async () => {
      await requester.register();
      const owner = 'a0'.repeat(20) as Address;
      network.control.addReservation(requester.address, owner);
      const requestId = bytesOf(await ask());
      const stranger = await prover.fail({ nonce: 0n, requestId });
      assert.equal(stranger.status, 'PERMISSION_DENIED');
      network.control.turn({ foreignFulfil: 'notFound' });
      assert.equal((await prover.fail({ nonce: 0n, requestId })).status, 'NOT_FOUND');
      network.control.delegate(prover.signer.address, owner);
      const answer = await raw.call(
        ProverNetwork.method.getOwner,
        query(ProverNetwork.method.getOwner.input, { address: bytesOf(prover.signer.address) }),
      );
      assert.equal(parseAddress(fromBinary(GetOwnerResponseSchema, answer.bytes).owner), owner);
      assert.equal((await prover.fail({ nonce: 0n, requestId })).status, 'OK');
    });

    it('rule 6: one proof of a request is accepted; another one is refused, or taken without an effect', async () => {
      await requester.register();
      const requestId = await ask();
      const proof = { requestId: bytesOf(requestId), proof: proofOf() };
      assert.equal((await prover.fulfill({ nonce: 0n, ...proof })).status, 'OK');
      assert.equal((await prover.fulfill({ nonce: 1n, ...proof })).status, 'FAILED_PRECONDITION');
      assert.equal((await prover.fail({ nonce: 1n, requestId: bytesOf(requestId) })).status, 'FAILED_PRECONDITION');
      network.control.turn({ repeatFulfil: 'accept' });
      assert.equal((await prover.fulfill({ nonce: 1n, ...proof })).status, 'OK');
      assert.deepEqual(network.ledger.requests.get(requestId)?.history, [1, 2, 3]);
    });

    it('a failure of what is unfulfillable already is accepted and costs a nonce', async () => {
      await requester.register();
      const requestId = await ask();
      network.control.setStatus(requestId, FulfillmentStatus.UNFULFILLABLE);
      assert.equal((await prover.fail({ nonce: 0n, requestId: bytesOf(requestId), error: 1 })).status, 'OK');
      assert.equal(network.ledger.requests.get(requestId)?.error, 0);
      assert.equal(network.ledger.nonceOf(prover.signer.address), 1n);
    });

    it('T22: a late proof is refused, or taken: a switch. What is late shows as expired, or as assigned', async () => {
      await requester.register();
      const requestId = await ask();
      network.control.setDeadline(requestId, 1n);
      const { method } = ProverNetwork;
      const shown = async () => {
        const bytes = query(method.getProofRequestDetails.input, { requestId: bytesOf(requestId) });
        const answer = await raw.call(method.getProofRequestDetails, bytes);
        return fromBinary(GetProofRequestDetailsResponseSchema, answer.bytes).request?.fulfillmentStatus;
      };
      assert.equal(await shown(), FulfillmentStatus.EXPIRED);
      network.control.turn({ expiredAs: 'assigned' });
      assert.equal(await shown(), FulfillmentStatus.ASSIGNED);
      const proof = { nonce: 0n, requestId: bytesOf(requestId), proof: proofOf() };
      assert.equal((await prover.fulfill(proof)).status, 'FAILED_PRECONDITION');
      network.control.turn({ lateFulfil: 'accept' });
      assert.equal((await prover.fulfill(proof)).status, 'OK');
    });

    it('takes a proof of the mode and the circuits that were asked for only, with the trailing byte or without', async () => {
      await requester.register();
      const requestId = bytesOf(await ask());
      const elf = Buffer.alloc(100);
      const compressed = fakeProof(elf, stdinOf('input'), 'compressed', 100);
      assert.equal((await prover.fulfill({ nonce: 0n, requestId, proof: compressed })).status, 'INVALID_ARGUMENT');
      const older = Buffer.from(proofOf().toString('latin1').replace('v6.1.0', 'v5.0.0'), 'latin1');
      assert.equal((await prover.fulfill({ nonce: 0n, requestId, proof: older })).status, 'INVALID_ARGUMENT');
      const withByte = Buffer.concat([proofOf(), Buffer.of(0)]);
      assert.equal((await prover.fulfill({ nonce: 0n, requestId, proof: withByte })).status, 'OK');
    });

    it('knows a program only when its bytes are in its store, and takes a second registration or refuses it', async () => {
      await assert.rejects(ask(), /program not found/);
      await requester.register();
      const [program] = network.ledger.programs.values();
      assert.ok(program);
      const again = async (programUri: string) => {
        const body = query(CreateProgramRequestBodySchema, {
          nonce: network.ledger.nonceOf(requester.address),
          vkHash: bytesOf(program.vkHash),
          vk: program.vk,
          programUri,
        });
        const signature = createSigner('01'.repeat(32)).sign(body);
        return (await raw.call(ProverNetwork.method.createProgram, envelope(signature, body))).status;
      };
      assert.equal(await again('s3://elsewhere/programs/x'), 'INVALID_ARGUMENT');
      assert.equal(await again(program.programUri), 'OK');
      network.control.turn({ duplicateProgram: 'refuse' });
      assert.equal(await again(program.programUri), 'ALREADY_EXISTS');
    });
  });

  describe('what it lets be seen', () => {
    it('lists by owner, oldest first, in pages of at most a hundred', async () => {
      await requester.register();
      const body = create(RequestProofRequestBodySchema, {
        mode: 1,
        deadline: BigInt(Math.floor(holdingClock.now() / 1000) + 3_600),
      });
      const ids = Array.from({ length: 130 }, (_, number) => {
        const request = network.ledger.newRequest(requester.address, body, Buffer.of(number), '00'.repeat(32));
        request.fulfiller = prover.signer.address;
        network.ledger.become(request, FulfillmentStatus.ASSIGNED);
        return request.requestId as string;
      });
      const page = async (number: number) => {
        const { getFilteredProofRequests: method } = ProverNetwork.method;
        const fulfiller = bytesOf(prover.signer.address);
        const filter = { fulfiller, fulfillmentStatus: FulfillmentStatus.ASSIGNED, limit: 1_000, page: number };
        const { bytes } = await raw.call(method, query(method.input, filter));
        return fromBinary(GetFilteredProofRequestsResponseSchema, bytes).requests.map(({ requestId }) =>
          hex(requestId),
        );
      };
      assert.deepEqual([...(await page(1)), ...(await page(2))], ids);
      assert.equal((await page(1)).length, 100);
      assert.deepEqual(await page(3), []);
    });

    it('F13, F14: nonces and details that lag', async () => {
      await requester.register();
      const requestId = await ask();
      network.control.lagNonces(2n);
      const { getNonce } = ProverNetwork.method;
      const answer = await raw.call(getNonce, query(getNonce.input, { address: bytesOf(requester.address) }));
      assert.equal(fromBinary(GetNonceResponseSchema, answer.bytes).nonce, 0n);
      assert.equal(network.ledger.nonceOf(requester.address), 2n);
      network.control.lagDetails(60_000);
      await assert.rejects(requester.client.details(requestId), /\(NOT_FOUND\)/);
    });

    it('the canary finds what was uploaded, also when it was compressed, and names where', async () => {
      await requester.register();
      await ask('a witness of forty bytes that must stay');
      assert.deepEqual(network.invariants([Buffer.from('no such bytes')]), []);
      const [broken] = network.invariants([Buffer.from('witness of forty')]);
      assert.match(broken ?? '', /^bytes of a private input came here, in upload of private-stdins\//);
    });

    it('T4: a header that no gRPC client of ours sends is noticed', async () => {
      const { getNonce } = ProverNetwork.method;
      const bytes = query(getNonce.input, { address: bytesOf(requester.address) });
      await raw.call(getNonce, bytes);
      assert.deepEqual(network.invariants(), []);
      await raw.call(getNonce, bytes, { 'x-forwarded-for': '10.0.0.1' });
      assert.deepEqual(network.invariants(), ['GetNonce came with x-forwarded-for']);
    });
  });
});
