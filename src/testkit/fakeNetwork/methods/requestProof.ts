// RequestProof of the fake network, base flavour: assigned at once, by strategy. What is put up for auction is assigned to nobody.
import { create, toBinary } from '@bufbuild/protobuf';
import {
  FulfillmentStatus,
  FulfillmentStrategy,
  ProverNetwork,
  type RequestProofRequestBody,
  RequestProofRequestBodySchema,
  RequestProofResponseSchema,
} from '../../../gen/network/network_pb.js';
import { type Address, bytesOf, parseVkHash } from '../../../ids.js';
import { unaryBytes } from '../../../transport/grpc/unary.js';
import { type FakeRequest, secondsNow } from '../ledger.js';
import { malformedField, refused } from '../refused.js';
import { signedCall } from '../signedCall.js';
import type { FakeWorld } from '../world.js';

const modes = [1, 2, 3, 4];

export const requestProof = (world: FakeWorld) =>
  unaryBytes(ProverNetwork.method.requestProof, ({ raw }) => {
    const { ledger } = world;
    let requestId = new Uint8Array();
    const schema = RequestProofRequestBodySchema;
    const { txHash } = signedCall(world, { raw, schema }, (signed) => {
      const { body, signer } = signed;
      assertFields(world, body);
      const vkHash = parseVkHash(body.vkHash);
      if (vkHash === undefined) throw malformedField('vk_hash');
      if (!ledger.programs.has(vkHash)) throw refused('notFound', 'program not found');
      const prover = proverFor(world, signer, body.strategy);
      return () => {
        const request = ledger.newRequest(signer, body, signed.raw, signed.txHash);
        requestId = bytesOf(request.requestId);
        if (prover !== undefined) assign(world, request, prover);
        return request.requestId;
      };
    });
    const answer = { txHash: Buffer.from(txHash, 'hex'), body: { requestId } };
    return toBinary(RequestProofResponseSchema, create(RequestProofResponseSchema, answer));
  });

/** What has been assigned or ended by the control before its time stays so. */
function assign({ ledger, record, clock, switches }: FakeWorld, request: FakeRequest, prover: Address): void {
  const { assignAfterMs } = switches();
  const act = () => {
    if (request.fulfillment !== FulfillmentStatus.REQUESTED || request.fulfiller !== undefined) return;
    request.fulfiller = prover;
    ledger.become(request, FulfillmentStatus.ASSIGNED);
    record.changed();
  };
  if (assignAfterMs === 0) act();
  else clock.wakeIn(assignAfterMs, act);
}

function assertFields({ clock, artifactOf, switches }: FakeWorld, body: RequestProofRequestBody): void {
  if (!modes.includes(body.mode)) throw malformedField('mode');
  const circuits = switches().circuits === 'v5' ? /^sp1-v5\.\d+\.\d+$/ : /^sp1-v\d+\.\d+\.\d+$/;
  if (!circuits.test(body.version)) throw malformedField('version');
  if (body.deadline <= BigInt(secondsNow(clock))) throw malformedField('deadline');
  if (body.whitelist.some((address) => address.byteLength !== 20)) throw malformedField('whitelist');
  const isKnown = /^https?:\/\//.test(body.stdinUri) || artifactOf(body.stdinUri) !== undefined;
  if (body.stdinUri === '' || (!isKnown && switches().unknownStdinScheme === 'refuse'))
    throw malformedField('stdin_uri');
}

function proverFor(
  { ledger, hosted }: FakeWorld,
  requester: Address,
  strategy: FulfillmentStrategy,
): Address | undefined {
  if (strategy === FulfillmentStrategy.AUCTION) return undefined;
  if (strategy === FulfillmentStrategy.HOSTED) return hosted();
  if (strategy !== FulfillmentStrategy.RESERVED) throw malformedField('strategy');
  const reservation = ledger.reservations.get(requester);
  if (reservation === undefined) throw refused('permissionDenied', 'no reservation found for requester');
  return reservation.fulfiller;
}
