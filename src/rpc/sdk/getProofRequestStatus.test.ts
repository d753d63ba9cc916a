import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { setImmediate as loopTurn } from 'node:timers/promises';
import { create, type DescMethodUnary, fromBinary, toBinary } from '@bufbuild/protobuf';
import { Client, credentials, Metadata, type ServiceError, status } from '@grpc/grpc-js';
import { FulfillmentStatus, GetProofRequestStatusResponseSchema, ProverNetwork } from '../../gen/network/network_pb.js';
import { bytesOf, type RequestId } from '../../ids.js';
import { sampleRequestId } from '../../testkit/sampleIds.js';
import { type SdkWire, startSdkWire } from '../../testkit/service/sdkWire.js';

const { getProofRequestStatus, getProofRequestDetails } = ProverNetwork.method;

/** One answer: its fulfilment status, or the name of a gRPC error. */
type Told = string;

interface Poller {
  poll(requestId: RequestId, timeLimitAt?: number): { told: Promise<Told>; cancel(): void };
  details(requestId: RequestId): Promise<void>;
}

describe('polls of a wait for a proof', { timeout: 300_000 }, () => {
  let service: SdkWire;
  let requestId: RequestId;
  let clients: Client[];

  beforeEach(async () => {
    service = await startSdkWire();
    clients = [];
    requestId = await service.world.submit();
    await service.world.settle();
  });
  afterEach(async () => {
    for (const client of clients) client.close();
    assert.equal(service.heldPolls.count, 0);
    await service.end();
  });

  /** As the SDK calls: by a connection of its own, under its library's name, without a limit that it sends. */
  function connect(userAgent = 'tonic/0.14.2'): Poller {
    const client = new Client(`127.0.0.1:${service.port}`, credentials.createInsecure(), {
      'grpc.primary_user_agent': userAgent,
      'grpc.use_local_subchannel_pool': 1,
    });
    clients.push(client);
    const call = (
      method: DescMethodUnary,
      id: RequestId,
      deadline: number,
      done: (error: ServiceError | null, bytes?: Buffer) => void,
    ) =>
      client.makeUnaryRequest(
        `/${method.parent.typeName}/${method.name}`,
        (bytes: Uint8Array) => Buffer.from(bytes),
        (bytes) => bytes,
        toBinary(method.input, create(method.input, { requestId: bytesOf(id) })),
        new Metadata(),
        { deadline },
        done,
      );
    return {
      poll(id, timeLimitAt = Number.POSITIVE_INFINITY) {
        let cancel = () => {};
        const told = new Promise<Told>((resolve) => {
          const running = call(getProofRequestStatus, id, timeLimitAt, (error, bytes = Buffer.alloc(0)) => {
            const answer = fromBinary(GetProofRequestStatusResponseSchema, bytes);
            resolve((error === null ? FulfillmentStatus[answer.fulfillmentStatus] : status[error.code]) ?? 'unknown');
          });
          cancel = () => running.cancel();
        });
        return { told, cancel: () => cancel() };
      },
      details: (id) =>
        new Promise((resolve, reject) => {
          call(getProofRequestDetails, id, Number.POSITIVE_INFINITY, (error) =>
            error === null ? resolve() : reject(error),
          );
        }),
    };
  }

  const nextPoll = () => service.world.clock.advance(2_000);
  async function held(count: number): Promise<void> {
    while (service.heldPolls.count !== count) await loopTurn();
  }
  /** Answered although time stands still. */
  const isAnswered = async (poller: Poller, id = requestId) => {
    assert.equal(await poller.poll(id).told, 'ASSIGNED');
  };
  /** Executed, proved, and being verified. */
  async function verifying(): Promise<void> {
    for (let n = 0; n < 2; n += 1) await service.world.endStage(requestId);
  }

  it('are answered with the proof in the moment in which it is there', async () => {
    const { world } = service;
    await world.prove(5_000);
    requestId = await world.submit();
    await world.settle();
    const poller = connect();
    await isAnswered(poller);
    await world.endStage(requestId);
    world.lanes.waiting.find(({ job }) => job.requestId === requestId)?.grant();
    await world.settle();
    for (let n = 0; n < 2; n += 1) {
      await isAnswered(poller);
      await nextPoll();
    }
    const poll = poller.poll(requestId);
    await held(1);
    await world.endStage(requestId, 1_000);
    await world.endStage(requestId);
    assert.equal(await poll.told, 'FULFILLED');
  });

  it('are answered after 2 s without news', async () => {
    await verifying();
    const poller = connect();
    for (let n = 0; n < 3; n += 1) {
      const poll = poller.poll(requestId);
      await held(1);
      await service.world.clock.advance(2_000);
      assert.equal(await poll.told, 'ASSIGNED');
      await nextPoll();
    }
    const poll = poller.poll(requestId);
    await held(1);
    service.world.system.registry.cancel(requestId);
    assert.equal(await poll.told, 'UNFULFILLABLE');
  });

  it('are answered at once while the proof is far, so that a crash does not end a wait for hours', async () => {
    const poller = connect();
    await service.world.endStage(requestId);
    service.world.lanes.waiting[0]?.grant();
    await service.world.settle();
    for (let n = 0; n < 20; n += 1) {
      await isAnswered(poller);
      await nextPoll();
    }
  });

  it('of an older SDK are held too', async () => {
    await verifying();
    const poll = connect('tonic/0.12.3').poll(requestId);
    await held(1);
    await service.world.endStage(requestId);
    assert.equal(await poll.told, 'FULFILLED');
  });

  it('hold nothing when their client goes away', async () => {
    await verifying();
    const poll = connect().poll(requestId);
    await held(1);
    poll.cancel();
    await held(0);
    assert.equal(await poll.told, 'CANCELLED');
  });

  it('keep no other call of their client waiting', async () => {
    const other = await service.world.submit();
    await service.world.settle();
    await verifying();
    const poller = connect();
    const poll = poller.poll(requestId);
    await held(1);
    await poller.details(requestId);
    await isAnswered(poller, other);
    await service.world.endStage(requestId);
    assert.equal(await poll.told, 'FULFILLED');
  });

  it('are answered at once for a client that sets a limit, or is not the SDK', async () => {
    await verifying();
    assert.equal(await connect().poll(requestId, Date.now() + 60_000).told, 'ASSIGNED');
    await isAnswered(connect('curl/8'));
  });

  it('are refused at once for an unknown request', async () => {
    assert.equal(await connect().poll(sampleRequestId()).told, 'NOT_FOUND');
  });

  it('are all answered when the service stops, a thousand of them', async () => {
    await verifying();
    const pollers = Array.from({ length: 5 }, () => connect());
    const polls = Array.from({ length: 1_000 }, (_, n) => (pollers[n % 5] as Poller).poll(requestId));
    await held(1_000);
    service.gate.advance('draining');
    assert.deepEqual(new Set(await Promise.all(polls.map((poll) => poll.told))), new Set(['ASSIGNED']));
  });
});
