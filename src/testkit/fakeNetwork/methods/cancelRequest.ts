// CancelRequest of the fake network: by its requester, and of what nobody has been given yet.
import { create, toBinary } from '@bufbuild/protobuf';
import {
  CancelRequestRequestBodySchema,
  CancelRequestResponseSchema,
  FulfillmentStatus,
  ProverNetwork,
} from '../../../gen/network/network_pb.js';
import { unaryBytes } from '../../../transport/grpc/unary.js';
import { secondsNow } from '../ledger.js';
import { refused } from '../refused.js';
import { signedCall } from '../signedCall.js';
import type { FakeWorld } from '../world.js';
import { requestOf } from './fulfill.js';

export const cancelRequest = (world: FakeWorld) =>
  unaryBytes(ProverNetwork.method.cancelRequest, ({ raw }) => {
    const { txHash } = signedCall(world, { raw, schema: CancelRequestRequestBodySchema }, ({ body, signer }) => {
      const request = requestOf(world, body.requestId);
      if (request.requester !== signer) throw refused('permissionDenied', 'signer is not the requester');
      if (request.fulfillment !== FulfillmentStatus.REQUESTED)
        throw refused('failedPrecondition', 'proof request is not in the `REQUESTED` state');
      return () => {
        request.deadline = BigInt(secondsNow(world.clock));
        return request.requestId;
      };
    });
    const answer = { txHash: Buffer.from(txHash, 'hex'), body: {} };
    return toBinary(CancelRequestResponseSchema, create(CancelRequestResponseSchema, answer));
  });
