// A list of the network that moves while it is read, in simulated time.
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { create } from '@bufbuild/protobuf';
import { FulfillmentStatus, RequestProofRequestBodySchema } from '../../src/gen/network/network_pb.js';
import type { Address } from '../../src/ids.js';
import type { AskingClient } from '../../src/testkit/fakeNetwork/askingClients.js';
import { createNetworkWorld, type NetworkWorld } from '../../src/testkit/fakeNetwork/networkWorld.js';

const secondMs = 1_000;
const minuteMs = 60 * secondMs;
/** Between two looks. What files take is no simulated time, so it is short. */
const lookMs = 250;

describe('a list that moves', { timeout: 600_000 }, () => {
  let made: NetworkWorld;
  beforeEach(async () => {
    made = await createNetworkWorld();
  });
  afterEach(() => made.end());

  const requestOf = (client: AskingClient) => {
    const [request, ...others] = made.requestsOf(client);
    assert.ok(request && others.length === 0);
    return request;
  };
  /** Until it holds, in simulated time. */
  async function until(holds: () => boolean, mostMs: number): Promise<void> {
    for (let passed = 0; !holds(); passed += lookMs) {
      assert.ok(passed < mostMs, `it does not hold after ${passed} ms`);
      await made.clock.advance(lookMs);
      await made.world.settle();
    }
  }
  async function accepted(...texts: string[]): Promise<AskingClient[]> {
    const clients: AskingClient[] = [];
    for (const text of texts) clients.push(await made.ask(text));
    await until(() => clients.every(({ state }) => state === 'answered'), minuteMs);
    return clients;
  }
  /** All jobs, to their ends. */
  async function proveAll(): Promise<void> {
    for (let quiet = 0; quiet < 3; ) {
      await made.world.settle();
      quiet = made.work() ? 0 : quiet + 1;
    }
  }

  it('T46, F27: a list that moves while it is read ends nothing that is ours, and hides nothing for long', async () => {
    const { ledger, control } = made.core;
    const body = create(RequestProofRequestBodySchema, {
      mode: 1,
      stdinUri: 'https://elsewhere/x',
      deadline: 9_999_999_999n,
    });
    for (let i = 0; i < 150; i += 1) {
      const request = ledger.newRequest('cc'.repeat(20) as Address, body, Buffer.from(`${i}`), '00'.repeat(32));
      request.fulfiller = made.prover;
      ledger.become(request, FulfillmentStatus.ASSIGNED);
    }
    const [first, second] = (await accepted('on a later page', 'given up there')) as [AskingClient, AskingClient];
    for (const by of [60, -60, 1, 0]) {
      control.shiftPages(by);
      await made.clock.advance(15 * secondMs);
      assert.equal([...made.world.store.scan('openDeliveries', [])].length, 2);
    }
    control.shiftPages(60);
    control.setStatus(requestOf(second).requestId, FulfillmentStatus.UNFULFILLABLE);
    await until(() => [...made.world.store.scan('openDeliveries', [])].length === 1, 15 * secondMs);
    await proveAll();
    await until(() => requestOf(first).accepted === 1, 15 * secondMs);
  });
});
