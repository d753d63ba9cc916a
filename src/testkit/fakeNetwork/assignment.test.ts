// When the fake network gives a request to its prover, and whom it takes for a private front.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { create, toBinary } from '@bufbuild/protobuf';
import { FulfillmentStatus, ProverNetwork } from '../../gen/network/network_pb.js';
import { type Address, bytesOf } from '../../ids.js';
import { createNetworkWorld } from './networkWorld.js';
import { meet } from './parties.js';

describe('assignment at the fake network', { timeout: 60_000 }, () => {
  it('5.3: `assignAfter` keeps a request REQUESTED, and nobody’s, for its time; what the control has done to it stays', async () => {
    const made = await createNetworkWorld({ switches: { assignAfterMs: 8_000 } });
    const clients = [await made.ask('late'), await made.ask('ended before')];
    const of = (which: 0 | 1) => made.requestsOf(clients[which] ?? assert.fail('no client'))[0];
    for (let waited = 0; waited < 20 && (of(0) === undefined || of(1) === undefined); waited += 1) {
      await made.clock.advance(50);
      await made.world.settle();
    }
    const [late, ended] = [of(0), of(1)];
    assert.ok(late && ended);
    assert.deepEqual([late.fulfillment, late.fulfiller], [FulfillmentStatus.REQUESTED, undefined]);
    made.core.control.setStatus(ended.requestId, FulfillmentStatus.UNFULFILLABLE);
    await made.clock.advance(8_000);
    assert.deepEqual([late.fulfillment, late.fulfiller], [FulfillmentStatus.ASSIGNED, made.prover]);
    assert.deepEqual([ended.fulfillment, ended.fulfiller], [FulfillmentStatus.UNFULFILLABLE, undefined]);
    await made.end();
  });

  it('4.3, step 9: a front answers before it is assigned, and makes one proof of it', async (t) => {
    const made = await createNetworkWorld({ switches: { assignAfterMs: 8_000 } });
    t.after(() => made.end());
    const client = await made.ask('assigned late');
    await made.untilAllEnded();
    assert.deepEqual(
      made.requestsOf(client).map(({ accepted, fulfillment }) => [accepted, fulfillment]),
      [[1, FulfillmentStatus.FULFILLED]],
    );
    assert.deepEqual(made.core.invariants(), []);
  });

  it('5.3: GetTEEWhitelistStatus says what the control has said, and refuses what is no address', async (t) => {
    const parties = await meet();
    t.after(() => parties.part());
    const { network, raw } = parties;
    const address = 'ab'.repeat(20) as Address;
    const schema = ProverNetwork.method.getOwner.input;
    const ask = async (bytes: Uint8Array) => {
      const message = toBinary(schema, create(schema, { address: bytes }));
      const { status, bytes: answer } = await raw.call('/network.ProverNetwork/GetTEEWhitelistStatus', message);
      return [status, Buffer.from(answer).toString('hex')];
    };
    assert.deepEqual(await ask(bytesOf(address)), ['OK', '']);
    network.control.whitelistTee(address);
    // Field 1, true.
    assert.deepEqual(await ask(bytesOf(address)), ['OK', '0801']);
    assert.deepEqual(await ask(Buffer.alloc(31)), ['INVALID_ARGUMENT', '']);
  });
});
