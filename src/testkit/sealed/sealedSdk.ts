// What the SDK does for one proof, with each body sealed.
import assert from 'node:assert/strict';
import {
  create,
  type DescMessage,
  type DescMethodUnary,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from '@bufbuild/protobuf';
import { ArtifactStore, ArtifactType } from '../../gen/artifact/artifact_pb.js';
import {
  FulfillmentStatus,
  MessageFormat,
  ProverNetwork,
  RequestProofRequestBodySchema,
} from '../../gen/network/network_pb.js';
import { ask } from '../attestation/askService.js';
import type { ServiceRequester } from '../service/serviceRequests.js';
import { askSealed, callSealed } from './askSealed.js';

/** From the evidence. */
export async function bodyKeyOf(url: string): Promise<Uint8Array> {
  const { body } = await ask(`${url}/.well-known/attestation`);
  const { keys } = JSON.parse(body) as { keys: { body_x25519: string } };
  assert.match(keys.body_x25519, /^[0-9a-f]{64}$/);
  return new Uint8Array(Buffer.from(keys.body_x25519, 'hex'));
}

/** A call whose bodies are sealed; fails the test when it is refused. */
export async function call<I extends DescMessage, O extends DescMessage>(
  to: { readonly url: string; readonly key: Uint8Array },
  method: DescMethodUnary<I, O>,
  message: MessageInitShape<I>,
): Promise<MessageShape<O>> {
  const path = `/${method.parent.typeName}/${method.name}`;
  const answered = await callSealed(to.url, to.key, {
    path,
    body: toBinary(method.input, create(method.input, message)),
  });
  const body = await answered.body();
  assert.equal(answered.trailers['grpc-status'], '0', `${method.name}: ${answered.trailers['grpc-message']}`);
  return fromBinary(method.output, body.subarray(5));
}

export interface Proven {
  readonly proof: Buffer;
  readonly proofPath: string;
}

/** As the SDK does it, each body sealed. */
export async function prove(
  to: { readonly url: string; readonly key: Uint8Array },
  requester: ServiceRequester,
  stdin: Buffer,
): Promise<Proven> {
  const { context } = requester;
  const created = await call(to, ArtifactStore.method.createArtifact, {
    signature: context.signerFor('').signArtifactCreation(),
    artifactType: ArtifactType.PRIVATE_STDIN,
  });
  const { pathname, search } = new URL(created.artifactPresignedUrl);
  const uploaded = await askSealed(to.url, to.key, { path: `${pathname}${search}`, body: stdin });
  assert.match(String(await uploaded.body()), /"sha256"/);
  const body = await requester.bodyFor(created.artifactUri);
  const signature = context.signerFor('').sign(toBinary(RequestProofRequestBodySchema, body));
  const asked = await call(to, ProverNetwork.method.requestProof, { format: MessageFormat.BINARY, signature, body });
  const { requestId } = asked.body ?? {};
  assert.ok(requestId !== undefined);
  for (;;) {
    const status = await call(to, ProverNetwork.method.getProofRequestStatus, { requestId });
    assert.notEqual(status.fulfillmentStatus, FulfillmentStatus.UNFULFILLABLE);
    if (status.fulfillmentStatus !== FulfillmentStatus.FULFILLED) continue;
    const proofPath = new URL(status.proofUri ?? '').pathname;
    const downloaded = await askSealed(to.url, to.key, { method: 'POST', path: proofPath });
    return { proof: await downloaded.body(), proofPath };
  }
}
