// A prover's side of the network by hand, for tests of the network itself: signs what it is told to, and shows the answer as it came.
import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { createSigner, type Signer } from '../../client/signer.js';
import {
  FailFulfillmentRequestBodySchema,
  FulfillProofRequestBodySchema,
  ProverNetwork,
} from '../../gen/network/network_pb.js';
import { createRawCaller, envelope, type RawAnswer } from '../service/serviceCalls.js';

export interface FakeFulfiller {
  readonly signer: Signer;
  fulfill(body: MessageInitShape<typeof FulfillProofRequestBodySchema>): Promise<RawAnswer>;
  fail(body: MessageInitShape<typeof FailFulfillmentRequestBodySchema>): Promise<RawAnswer>;
  close(): void;
}

/** `key`: the number that is its private key. */
export function createFakeFulfiller(url: string, key: number): FakeFulfiller {
  const signer = createSigner(key.toString(16).padStart(64, '0'));
  const caller = createRawCaller(Number(new URL(url).port));
  const signed = (body: Uint8Array) => envelope(signer.sign(body), body);
  return {
    signer,
    fulfill: (body) =>
      caller.call(
        ProverNetwork.method.fulfillProof,
        signed(toBinary(FulfillProofRequestBodySchema, create(FulfillProofRequestBodySchema, body))),
      ),
    fail: (body) =>
      caller.call(
        ProverNetwork.method.failFulfillment,
        signed(toBinary(FailFulfillmentRequestBodySchema, create(FailFulfillmentRequestBodySchema, body))),
      ),
    close: () => caller.close(),
  };
}
