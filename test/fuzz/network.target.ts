// What the public network answers: messages, statuses, frames of HTTP/2, and its store by HTTP/1.1, all of them spoiled. Whoever reads them
// here gets a value that can be relied on, or a refusal, and in time.
import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { create, toBinary } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { holdingClock } from '../../src/clock.js';
import {
  FulfillmentStatus,
  GetFilteredProofRequestsResponseSchema,
  GetFilteredReservationsResponseSchema,
  GetNonceResponseSchema,
  GetProofRequestDetailsResponseSchema,
  ProofRequestSchema,
} from '../../src/gen/network/network_pb.js';
import type { Address, ArtifactId, RequestId, VkHash } from '../../src/ids.js';
import { findRequest } from '../../src/network/findRequest.js';
import type { IntentRecord } from '../../src/network/intents.js';
import { pushProgram } from '../../src/network/pushProgram.js';
import { readRequest } from '../../src/network/readRequest.js';
import { createReservations } from '../../src/network/reservations.js';
import { createUpstream, type Upstream, UpstreamError } from '../../src/network/upstream.js';
import { endHeaders, frame, frameType, headerBlock, startRawHttp2 } from '../../src/testkit/relay/rawHttp2.js';
import { startRaw } from '../../src/testkit/relay/relayRig.js';
import { impatientClock } from '../../src/testkit/world/impatientClock.js';
import { type ByteEdit, byteEdit, editBytes } from './byteEdits.js';
import { Closing } from './closing.js';
import { inTime } from './inTime.js';
import { count, type Target } from './target.js';

export interface NetworkInput {
  /** Which part of the answer is spoiled. */
  readonly form: 'message' | 'status' | 'wire' | 'store';
  readonly asks: 'request' | 'lost call' | 'reservation';
  readonly edits: readonly ByteEdit[];
}

const endStream = 1;
const withinMs = 30_000;
const us = 'a0'.repeat(20) as Address;
const requestId = 'b1'.repeat(32) as RequestId;
const stdinUri = `https://prover.example.org/artifacts/${'c2'.repeat(32)}`;
const request = create(ProofRequestSchema, {
  requestId: Buffer.from(requestId, 'hex'),
  stdinUri,
  fulfillmentStatus: FulfillmentStatus.ASSIGNED,
  fulfiller: Buffer.from(us, 'hex'),
  requester: Buffer.alloc(20, 1),
  createdAt: 1_700_000_000n,
});
/** By the method's name. */
const answers: Readonly<Record<string, Uint8Array>> = {
  GetProofRequestDetails: toBinary(
    GetProofRequestDetailsResponseSchema,
    create(GetProofRequestDetailsResponseSchema, { request }),
  ),
  GetFilteredProofRequests: toBinary(
    GetFilteredProofRequestsResponseSchema,
    create(GetFilteredProofRequestsResponseSchema, { requests: [request, request] }),
  ),
  GetNonce: toBinary(GetNonceResponseSchema, create(GetNonceResponseSchema, { nonce: 9n })),
  GetFilteredReservations: toBinary(
    GetFilteredReservationsResponseSchema,
    create(GetFilteredReservationsResponseSchema, {
      reservations: [{ requester: Buffer.alloc(20, 1), fulfiller: Buffer.from(us, 'hex'), createdAt: 1n }],
    }),
  ),
};
const intent = {
  submission: {
    requester: '01'.repeat(20) as Address,
    vkHash: 'd3'.repeat(32) as VkHash,
    stdinId: 'c2'.repeat(32) as ArtifactId,
  },
  stdinUri,
  nonce: '3',
  candidateId: 'e4'.repeat(32) as RequestId,
  state: 'unknown',
  at: 1_700_000_000_000,
} as unknown as IntentRecord;

export const networkTarget: Target<NetworkInput> = {
  name: 'network',
  inputs: fc.record({
    form: fc.constantFrom<NetworkInput['form']>('message', 'status', 'wire', 'store'),
    asks: fc.constantFrom<NetworkInput['asks']>('request', 'lost call', 'reservation'),
    edits: fc.array(byteEdit, { maxLength: 3 }),
  }),
  async check(input, subject) {
    const closing = new Closing();
    try {
      const work = input.form === 'store' ? readStore(closing, input) : readNetwork(closing, input);
      const outcome = await inTime(work, withinMs, `no end of ${input.form}`);
      count(subject, `network ${input.form}: ${outcome}`);
    } finally {
      await closing.close();
    }
  },
};

type Outcome = 'read' | 'refused';

async function readNetwork(closing: Closing, input: NetworkInput): Promise<Outcome> {
  const port = await startRawHttp2(closing, (socket, stream) => void socket.end(bytesOf(input, stream)));
  const upstream = createUpstream({ url: new URL(`http://127.0.0.1:${port}`), clock: holdingClock });
  closing.after(() => upstream.close());
  try {
    await asks[input.asks](upstream);
    return 'read';
  } catch (error) {
    if (!(error instanceof UpstreamError)) throw error;
    assert.ok(Number.isInteger(error.code), `code ${error.code}`);
    assert.match(error.text, /^[\x20-\x7e]{0,512}$/);
    return 'refused';
  }
}

const answerTo: Record<NetworkInput['asks'], string> = {
  request: 'GetProofRequestDetails',
  'lost call': 'GetFilteredProofRequests',
  reservation: 'GetFilteredReservations',
};

const states = new Set(['missing', 'requested', 'assigned', 'fulfilled', 'unfulfillable', 'expired']);

const asks: Record<NetworkInput['asks'], (upstream: Upstream) => Promise<void>> = {
  async request(upstream) {
    const seen = await readRequest(upstream, requestId, 0);
    assert.ok(states.has(seen.state), seen.state);
    if (seen.state === 'assigned') assert.match(`${seen.fulfiller}`, /^[0-9a-f]{40}$/);
  },
  async 'lost call'(upstream) {
    // Whatever it asks, it gets the list: what is no such message must be none to it.
    const found = await findRequest({ upstream, clock: impatientClock }, intent);
    if (found !== undefined) assert.match(found.id, /^[0-9a-f]{64}$/);
  },
  async reservation(upstream) {
    const reservationOf = createReservations({ upstream, clock: holdingClock, owner: () => us });
    const found = await reservationOf('01'.repeat(20) as Address);
    if (typeof found === 'object') assert.match(found.other, /^[0-9a-f]{40}$/);
    // It never refuses: then it counts as one that says nothing.
    else if (found === 'unknown') throw new UpstreamError(0, 'nothing was read');
  },
};

/** Of one stream, from its headers to its trailers. */
function bytesOf({ form, asks: asked, edits }: NetworkInput, stream: number): Buffer {
  const message = answers[answerTo[asked]] as Uint8Array;
  const body = form === 'message' ? editBytes(message, edits) : Buffer.from(message);
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(body.byteLength, 1);
  const status = form === 'status' && edits.length > 0 ? spoiledStatus(edits) : { 'grpc-status': '0' };
  const whole = Buffer.concat([
    frame(frameType.headers, endHeaders, stream, headerBlock({ 'content-type': 'application/grpc' })),
    frame(frameType.data, 0, stream, Buffer.concat([prefix, body])),
    frame(frameType.headers, endHeaders | endStream, stream, headerBlock(status, false)),
  ]);
  return form === 'wire' ? editBytes(whole, edits) : whole;
}

/** Any number, and any text of up to 100 bytes. */
function spoiledStatus(edits: readonly ByteEdit[]): Record<string, string> {
  const text = editBytes(Buffer.from('14 the network is away, and says %C3%A9 at length'), edits).subarray(0, 100);
  const [number = '', ...words] = text.toString('latin1').split(' ');
  return { 'grpc-status': number, 'grpc-message': words.join(' ') };
}

const storeAnswer = Buffer.from('HTTP/1.1 200 OK\r\netag: "x"\r\ncontent-length: 4\r\n\r\nbody');

async function readStore(closing: Closing, { edits }: NetworkInput): Promise<Outcome> {
  const port = await startRaw(closing, (socket) => void socket.end(editBytes(storeAnswer, edits)));
  const body = Readable.from([Buffer.from('a program')]);
  try {
    const status = await pushProgram(`http://127.0.0.1:${port}/fake`, body, 9);
    assert.ok(Number.isInteger(status) && status >= 0 && status < 1_000, `status ${status}`);
    return 'read';
  } catch (error) {
    if (error instanceof assert.AssertionError) throw error;
    return 'refused';
  }
}
