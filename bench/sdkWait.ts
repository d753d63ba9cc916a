// A client that waits for a proof as the stock SDK does (sp1-sdk network/prover.rs, wait_proof): a status poll, 2 s of sleep after each
// answer, the next poll, all over one connection from an address of its own. Linux only: all of 127.0.0.0/8 is local there.
import { type ClientHttp2Session, connect } from 'node:http2';
import { connect as connectSocket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import {
  FulfillmentStatus,
  GetProofRequestStatusRequestSchema,
  GetProofRequestStatusResponseSchema,
} from '../src/gen/network/network_pb.js';

const sdkSleepMs = 2_000;
const grpcPrefixBytes = 5;
const headers = {
  ':method': 'POST',
  ':path': '/network.ProverNetwork/GetProofRequestStatus',
  'content-type': 'application/grpc',
  te: 'trailers',
  'user-agent': 'tonic/0.14.2',
};

export interface SdkWait {
  /** Epoch ms, whole ones, as the service's log has them. */
  readonly startedAt: number;
  readonly fulfilledAt: number;
  readonly polls: number;
}

/** `localAddress` is that of this client. Rejects when the request ends without a proof. */
export async function waitAsSdk(
  { host, port }: { host: string; port: number },
  requestId: Uint8Array,
  localAddress: string,
): Promise<SdkWait> {
  const message = toBinary(
    GetProofRequestStatusRequestSchema,
    create(GetProofRequestStatusRequestSchema, { requestId }),
  );
  const framed = Buffer.alloc(grpcPrefixBytes + message.byteLength);
  framed.writeUInt32BE(message.byteLength, 1);
  framed.set(message, grpcPrefixBytes);
  const session = connect(`http://${host}:${port}`, {
    createConnection: () => connectSocket({ host, port, localAddress, noDelay: true }),
  });
  const startedAt = Date.now();
  try {
    for (let polls = 1; ; polls += 1) {
      const status = await poll(session, framed);
      if (status === FulfillmentStatus.FULFILLED) return { startedAt, fulfilledAt: Date.now(), polls };
      if (status !== FulfillmentStatus.ASSIGNED) throw new Error(`a request has ended with status ${status}`);
      await sleep(sdkSleepMs);
    }
  } finally {
    session.close();
  }
}

async function poll(session: ClientHttp2Session, framed: Buffer): Promise<FulfillmentStatus> {
  const stream = session.request(headers);
  stream.end(framed);
  const answer = await buffer(stream);
  return fromBinary(GetProofRequestStatusResponseSchema, answer.subarray(grpcPrefixBytes)).fulfillmentStatus;
}
