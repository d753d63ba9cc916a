// A signed call, judged in the network's order: format, signature over the bytes as received, nonce, fields, existence, rights, state.
// What it does and its nonce go together, so that a call has happened whole or not at all.
import { createHash } from 'node:crypto';
import { type DescMessage, fromBinary, type MessageShape, toBinary } from '@bufbuild/protobuf';
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { MessageFormat } from '../../gen/network/network_pb.js';
import type { Address, RequestId } from '../../ids.js';
import { signedBody } from '../../rpc/signed/signedBody.js';
import { StatusError } from '../../transport/grpc/code.js';
import { sha256Hex } from './ledger.js';
import { recover } from './recover.js';
import { nonceText, refused } from './refused.js';
import type { FakeWorld } from './world.js';

export interface Signed<Body> {
  readonly body: Body;
  /** As received. */
  readonly raw: Uint8Array;
  readonly signer: Address;
  readonly txHash: string;
}

/** What a call does, once it is known to be allowed. Answers the request that it was about. */
export type Effect = () => RequestId | undefined;

/** `judge` throws a refusal, or answers what the call does. */
export function signedCall<B extends DescMessage>(
  world: FakeWorld,
  { raw, schema }: { raw: Uint8Array; schema: B },
  judge: (signed: Signed<MessageShape<B>>) => Effect,
): Signed<MessageShape<B>> {
  const { ledger, clock } = world;
  const call = world.call();
  const { format, signature } = envelopeOf(raw);
  if (format !== MessageFormat.BINARY) throw refused('invalidArgument', 'invalid message format');
  const message = signedBody(raw);
  const signer = recovered(message, signature);
  const body = decoded(schema, message);
  if (world.switches().reencode) {
    const again = recovered(toBinary(schema, body, { writeUnknownFields: false }), signature);
    if (again !== signer) throw refused('unauthenticated', 'invalid signature');
  }
  const { nonce } = body as unknown as { nonce: bigint };
  call.signer = signer;
  call.nonce = nonce;
  call.digest = sha256Hex(message);
  const txHash = createHash('sha256').update(signer).update(raw).digest('hex');
  const signed = { body, raw: message, signer, txHash };
  const expected = ledger.nonceOf(signer);
  const assertNonce = () => {
    if (call.refusedNonce !== undefined)
      throw refused(world.switches().nonceCode, nonceText(signer, call.refusedNonce.expected ?? expected, nonce));
    if (nonce !== expected) throw refused(world.switches().nonceCode, nonceText(signer, expected, nonce));
  };
  if (world.switches().judgedFirst === 'nonce') assertNonce();
  let effect: Effect;
  try {
    effect = judge(signed);
  } catch (error) {
    const isUsed = error instanceof StatusError && nonce === expected && world.switches().nonceConsumedOnRefusal;
    if (isUsed) ledger.nonces.set(signer, expected + 1n);
    throw error;
  }
  assertNonce();
  const requestId = effect();
  ledger.nonces.set(signer, expected + 1n);
  ledger.transactions.set(txHash, {
    txHash,
    sender: signer,
    signature,
    nonce,
    method: call.method,
    createdAt: clock.now(),
    requestId,
  });
  return signed;
}

function recovered(message: Uint8Array, signature: Uint8Array): Address {
  const signer = recover(message, signature, [27]);
  if (signer === undefined) throw refused('unauthenticated', 'invalid signature');
  return signer;
}

function decoded<B extends DescMessage>(schema: B, message: Uint8Array): MessageShape<B> {
  try {
    return fromBinary(schema, message);
  } catch {
    throw refused('invalidArgument', 'failed to decode the body');
  }
}

/** Fields 1 and 2, which all envelopes have. */
function envelopeOf(raw: Uint8Array): { format: number; signature: Uint8Array } {
  const reader = new BinaryReader(raw);
  let format = 0;
  let signature = new Uint8Array();
  try {
    while (reader.pos < reader.len) {
      const [field, wireType] = reader.tag();
      if (field === 1 && wireType === WireType.Varint) format = reader.int32();
      else if (field === 2 && wireType === WireType.LengthDelimited) signature = new Uint8Array(reader.bytes());
      else reader.skip(wireType, field);
    }
  } catch {
    throw refused('invalidArgument', 'failed to decode the message');
  }
  return { format, signature };
}
