// How SDKs of all ages hold their connections, against a running service: a new one for each poll, one for hours with a ping every 15
// seconds, and what either leaves behind in file descriptors and memory.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { type ClientHttp2Session, connect, type IncomingHttpHeaders } from 'node:http2';
import { buffer } from 'node:stream/consumers';
import { after, before, describe, it } from 'node:test';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { holdingClock } from '../../src/clock.js';
import {
  FulfillmentStatus,
  GetProofRequestStatusRequestSchema,
  GetProofRequestStatusResponseSchema,
} from '../../src/gen/network/network_pb.js';
import { bytesOf, type RequestId } from '../../src/ids.js';
import { inspectable, liveMemory } from '../../src/testkit/service/liveMemory.js';
import { createRequester, type ServiceRequester, stdinOf } from '../../src/testkit/service/serviceRequests.js';
import { createServiceRig, type ServiceProcess, type ServiceRig } from '../../src/testkit/service/serviceRig.js';
import { framed } from '../../src/transport/grpc/message.js';

const clients = 1_000;
const pollsEach = 4;
/** In bytes. 3,000 connections come and go: this is less than 3 KB of each, and a connection that is kept costs about 100 KB. */
const mostHeldBytes = 8 * 1024 * 1024;

describe('connections of SDKs', { timeout: 600_000 }, () => {
  let rig: ServiceRig;
  let service: ServiceProcess;
  let requester: ServiceRequester;
  let open: RequestId;
  before(async () => {
    const script = { rules: [{ on: 'execute', act: { kind: 'hang' } }] } as const;
    rig = await createServiceRig({ script, environment: inspectable });
    service = await rig.serve();
    requester = createRequester(rig.url, { clock: holdingClock });
    await requester.register();
    open = await requester.submit(stdinOf('never ends'));
  });
  after(async () => {
    requester.close();
    await service.stop();
    await rig.end();
  });

  const descriptors = () => readdirSync(`/proc/${service.child.pid}/fd`).length;

  const dial = (): ClientHttp2Session => connect(rig.url).on('error', () => undefined);

  /** A status poll as an SDK makes it; answers the fulfilment status. */
  async function poll(session: ClientHttp2Session): Promise<FulfillmentStatus> {
    const message = create(GetProofRequestStatusRequestSchema, { requestId: bytesOf(open) });
    const stream = session.request({
      ':method': 'POST',
      ':path': '/network.ProverNetwork/GetProofRequestStatus',
      'content-type': 'application/grpc',
      'user-agent': 'tonic/0.12.3',
      te: 'trailers',
    });
    const trailers = once(stream, 'trailers') as Promise<[IncomingHttpHeaders]>;
    stream.end(framed(toBinary(GetProofRequestStatusRequestSchema, message)));
    const body = await buffer(stream);
    assert.equal((await trailers)[0]['grpc-status'], '0');
    return fromBinary(GetProofRequestStatusResponseSchema, body.subarray(5)).fulfillmentStatus;
  }

  async function pollOnNewConnection(): Promise<void> {
    const session = dial();
    assert.equal(await poll(session), FulfillmentStatus.ASSIGNED);
    const closed = once(session, 'close');
    session.close();
    await closed;
  }

  it('check 13: a thousand clients with a new connection for each poll leave no descriptors and no memory behind', async () => {
    const round = async () => {
      // 100 at once: the listening queue of the system is shorter than a thousand.
      for (let done = 0; done < clients; done += 100)
        await Promise.all(Array.from({ length: 100 }, pollOnNewConnection));
    };
    const idle = descriptors();
    /** A connection that its client has closed is closed by the service a moment later. */
    const closed = async () => {
      const givesUpAt = holdingClock.steady() + 60_000;
      while (descriptors() > idle + 5 && holdingClock.steady() < givesUpAt) {
        await new Promise<void>((resolve) => holdingClock.wakeIn(20, resolve));
      }
      assert.ok(descriptors() <= idle + 5, `${descriptors()} descriptors, ${idle} before`);
    };
    await round();
    await closed();
    const before = await liveMemory(service);
    for (let polls = 1; polls < pollsEach; polls++) await round();
    await closed();
    const growthBytes = (await liveMemory(service)) - before;
    assert.ok(growthBytes < mostHeldBytes, `it holds ${Math.round(growthBytes / 2 ** 20)} MiB more than before`);
  });

  it('answers every ping of a connection, however many come and however idle it is', async () => {
    const session = dial();
    await once(session, 'connect');
    let goneAway = 0;
    session.on('goaway', () => goneAway++);
    for (let count = 0; count < 500; count++) {
      await new Promise<void>((resolve, reject) =>
        session.ping((error) => (error === null ? resolve() : reject(error))),
      );
    }
    assert.equal(await poll(session), FulfillmentStatus.ASSIGNED);
    assert.equal(goneAway, 0);
    session.close();
  });

  it('holds a thousand connections at once, and polls on each', async () => {
    const sessions: ClientHttp2Session[] = [];
    for (let count = 0; count < clients; count += 100) {
      const some = Array.from({ length: 100 }, dial);
      await Promise.all(some.map((session) => once(session, 'connect')));
      sessions.push(...some);
    }
    const answers = await Promise.all(sessions.map(poll));
    assert.equal(answers.filter((status) => status === FulfillmentStatus.ASSIGNED).length, clients);
    for (const session of sessions) session.close();
  });
});
