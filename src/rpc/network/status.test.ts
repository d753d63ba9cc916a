import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { setImmediate as loopTurn } from 'node:timers/promises';
import { create, type DescMethodUnary, fromBinary, toBinary } from '@bufbuild/protobuf';
import { Client, credentials, Metadata, type ServiceError, status } from '@grpc/grpc-js';
import { FulfillmentStatus, GetProofRequestStatusResponseSchema, ProverNetwork } from '../../gen/network/network_pb.js';
import { bytesOf, newRequestId, type RequestId } from '../../ids.js';
import { type NetworkService, startNetworkService } from '../../testkit/networkService.js';

const { getProofRequestStatus, getProofRequestDetails } = ProverNetwork.method;

/** One answer: its fulfilment status, or the name of a gRPC error. */
type Told = string;

interface Poller {
  poll(
    requestId: RequestId,
    from?: { forwardedFor?: string; timeLimitAt?: number },
  ): { told: Promise<Told>; cancel(): void };
  details(requestId: RequestId): Promise<void>;
}

describe('polls of a wait for a proof', { timeout: 60_000 }, () => {
  let service: NetworkService;
  let requestId: RequestId;
  let clients: Client[];

  beforeEach(async () => {
    service = await startNetworkService();
    clients = [];
    requestId = await service.world.submit();
    await service.world.settle();
  });
  afterEach(async () => {
    for (const client of clients) client.close();
    assert.equal(service.heldPolls.count, 0);
    await service.end();
  });

  /** As the SDK calls: by a connection of its own, under its library's name, without a limit that it tells. */
  function connect(userAgent = 'tonic/0.14.2'): Poller {
    const client = new Client(`127.0.0.1:${service.port}`, credentials.createInsecure(), {
      'grpc.primary_user_agent': userAgent,
      'grpc.use_local_subchannel_pool': 1,
    });
    clients.push(client);
    const call = (
      method: DescMethodUnary,
      id: RequestId,
      metadata: Metadata,
      deadline: number,
      done: (error: ServiceError | null, bytes?: Buffer) => void,
    ) =>
      client.makeUnaryRequest(
        `/${method.parent.typeName}/${method.name}`,
        (bytes: Uint8Array) => Buffer.from(bytes),
        (bytes) => bytes,
        toBinary(method.input, create(method.input, { requestId: bytesOf(id) })),
        metadata,
        { deadline },
        done,
      );
    return {
      poll(id, { forwardedFor, timeLimitAt = Number.POSITIVE_INFINITY } = {}) {
        const metadata = new Metadata();
        if (forwardedFor !== undefined) metadata.set('x-forwarded-for', forwardedFor);
        let cancel = () => {};
        const told = new Promise<Told>((resolve) => {
          const running = call(getProofRequestStatus, id, metadata, timeLimitAt, (error, bytes = Buffer.alloc(0)) => {
            const answer = fromBinary(GetProofRequestStatusResponseSchema, bytes);
            resolve((error === null ? FulfillmentStatus[answer.fulfillmentStatus] : status[error.code]) ?? 'unknown');
          });
          cancel = () => running.cancel();
        });
        return { told, cancel: () => cancel() };
      },
      details: (id) =>
        new Promise((resolve, reject) => {
          call(getProofRequestDetails, id, new Metadata(), Number.POSITIVE_INFINITY, (error) =>
            error === null ? resolve() : reject(error),
          );
        }),
    };
  }

  const nextPoll = () => service.world.clock.advance(2_000);
  async function held(count: number): Promise<void> {
    while (service.heldPolls.count !== count) await loopTurn();
  }
  /** Polls until the next one is held. */
  async function waitLoop(poller: Poller, id = requestId) {
    for (let n = 0; n < 2; n += 1) {
      assert.equal(await poller.poll(id).told, 'ASSIGNED');
      await nextPoll();
    }
    const poll = poller.poll(id);
    await held(1);
    return poll;
  }
  /** Answered although time stands still. */
  const isAnswered = async (poller: Poller, id = requestId) => {
    assert.equal(await poller.poll(id).told, 'ASSIGNED');
  };

  it('are answered with the proof in the moment in which it is there', async () => {
    await service.world.prove(5_000);
    requestId = await service.world.submit();
    await service.world.settle();
    const poller = connect();
    const executed = await waitLoop(poller);
    await service.world.endStage(requestId);
    assert.equal(await executed.told, 'ASSIGNED');
    await nextPoll();
    const poll = poller.poll(requestId);
    await held(1);
    await service.world.endStage(requestId, 5_000);
    await service.world.endStage(requestId);
    assert.equal(await poll.told, 'FULFILLED');
  });

  it('are answered after 10 s without news, and the loop goes on', async () => {
    await service.world.prove(40_000);
    await service.world.endStage(requestId);
    service.world.lanes.waiting[0]?.grant();
    await service.world.settle();
    await service.world.clock.advance(28_000);
    const poller = connect();
    let poll = await waitLoop(poller);
    for (let n = 0; n < 3; n += 1) {
      await service.world.clock.advance(10_000);
      assert.equal(await poll.told, 'ASSIGNED');
      await nextPoll();
      poll = poller.poll(requestId);
      await held(1);
    }
    service.world.system.registry.cancel(requestId);
    assert.equal(await poll.told, 'UNFULFILLABLE');
  });

  it('are none while the proof is far, so that a crash does not end a wait for hours', async () => {
    const poller = connect();
    await service.world.endStage(requestId);
    service.world.lanes.waiting[0]?.grant();
    await service.world.settle();
    for (let n = 0; n < 20; n += 1) {
      await isAnswered(poller);
      await nextPoll();
    }
  });

  it('of an older SDK are held too, each by a connection of its own', async () => {
    for (let n = 0; n < 2; n += 1) {
      await isAnswered(connect('tonic/0.12.3'));
      await nextPoll();
    }
    const poll = connect('tonic/0.12.3').poll(requestId);
    await held(1);
    await service.world.clock.advance(10_000);
    assert.equal(await poll.told, 'ASSIGNED');
  });

  it('hold nothing when their client goes away, and its loop begins anew', async () => {
    const poller = connect();
    const poll = await waitLoop(poller);
    poll.cancel();
    await held(0);
    assert.equal(await poll.told, 'CANCELLED');
    await nextPoll();
    await isAnswered(poller);
  });

  it('are answered at the deadline', async () => {
    const { clock } = service.world;
    const id = await service.world.submit({ deadlineAt: clock.now() + 5_000 });
    await service.world.settle();
    const poll = await waitLoop(connect(), id);
    await clock.advance(1_000);
    assert.equal(await poll.told, 'ASSIGNED');
  });

  it('are not those of a client that asks for details or for another request', async () => {
    const other = await service.world.submit();
    const [curious, busy] = [connect(), connect('tonic/0.12.3')];
    for (let n = 0; n < 6; n += 1) {
      await isAnswered(curious);
      await curious.details(requestId);
      await isAnswered(busy, requestId);
      await isAnswered(busy, other);
      await nextPoll();
    }
  });

  it('are not those of a client that sets a limit, or is not the SDK', async () => {
    const [limited, unknown] = [connect(), connect('curl/8')];
    for (let n = 0; n < 6; n += 1) {
      assert.equal(await limited.poll(requestId, { timeLimitAt: Date.now() + 60_000 }).told, 'ASSIGNED');
      await isAnswered(unknown);
      await nextPoll();
    }
  });

  it('are not those of an unknown request', async () => {
    const poller = connect();
    for (let n = 0; n < 4; n += 1) {
      assert.equal(await poller.poll(newRequestId()).told, 'NOT_FOUND');
      await nextPoll();
    }
  });

  it('are all answered when the service stops, a thousand of them', async () => {
    const pollers = Array.from({ length: 5 }, () => connect());
    const all = () =>
      Array.from({ length: 1_000 }, (_, n) =>
        (pollers[n % 5] as Poller).poll(requestId, { forwardedFor: `client ${n}` }),
      );
    for (let n = 0; n < 2; n += 1) {
      await Promise.all(all().map((poll) => poll.told));
      await nextPoll();
    }
    const polls = all();
    await held(1_000);
    service.gate.advance('draining');
    assert.deepEqual(new Set(await Promise.all(polls.map((poll) => poll.told))), new Set(['ASSIGNED']));
  });
});
