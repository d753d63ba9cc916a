// What the fake network makes of the auction: a request is put up, may be cancelled, and is given to nobody. Bids are of the flavour that it does
// not speak.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { systemClock } from '../../clock.js';
import { FulfillmentStatus, FulfillmentStrategy } from '../../gen/network/network_pb.js';
import { bytesOf, type RequestId } from '../../ids.js';
import { createRequester, stdinOf } from '../service/serviceRequests.js';
import { meet, type Parties } from './parties.js';

describe('the fake network and the auction', { timeout: 60_000 }, () => {
  let parties: Parties;
  before(async () => {
    parties = await meet();
    await parties.requester.register();
  });
  after(() => parties.part());

  const ask = (strategy: FulfillmentStrategy): Promise<RequestId> =>
    parties.requester.submit(stdinOf(`by ${FulfillmentStrategy[strategy]}`), { strategy });
  const found = (id: RequestId) => parties.network.ledger.requests.get(id) ?? assert.fail('it is not there');

  it('5.3: a request by AUCTION is REQUESTED, and no prover may fulfil or fail it', async () => {
    const id = await ask(FulfillmentStrategy.AUCTION);
    assert.deepEqual([found(id).fulfillment, found(id).fulfiller], [FulfillmentStatus.REQUESTED, undefined]);
    const { status } = await parties.prover.fail({ nonce: 0n, requestId: bytesOf(id) });
    assert.equal(status, 'PERMISSION_DENIED');
  });

  it('5.3: CancelRequest is its requester’s, and of what is REQUESTED: its deadline is now', async (t) => {
    const id = await ask(FulfillmentStrategy.AUCTION);
    const stranger = createRequester(parties.network.url, { clock: systemClock, keyByte: 9, retryBudgetMs: 0 });
    t.after(() => stranger.close());
    await assert.rejects(stranger.client.cancelRequest(id), /signer is not the requester/);
    const { deadline } = found(id);
    await parties.requester.client.cancelRequest(id);
    assert.ok(found(id).deadline < deadline);
    const assigned = await ask(FulfillmentStrategy.RESERVED);
    await assert.rejects(parties.requester.client.cancelRequest(assigned), /not in the `REQUESTED` state/);
  });

  it('5.3: Bid, Settle and whatever else is not of the base flavour are unimplemented', async () => {
    for (const name of ['Bid', 'Settle', 'GetStdinUri', 'TakeNextProofRequest']) {
      const { status } = await parties.raw.call(`/network.ProverNetwork/${name}`, Buffer.alloc(0));
      assert.equal(status, 'UNIMPLEMENTED', name);
    }
  });
});
