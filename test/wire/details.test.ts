// Details and lists as each version reads them: in the schema of the request's flavour, and never with a field on which a reader fails.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { before, describe, it } from 'node:test';
import { Fields, message, some } from '../../src/testkit/sdk/fields.js';
import { execution, freshText, fulfilment, type Sdk, unlimited } from '../../src/testkit/sdk/sdk.js';
import { sdkRig } from '../../src/testkit/sdk/sdkRig.js';
import { type SdkFlavour, type SdkVersion, sdk5, sdk60, sdk64, sdk610 } from '../../src/testkit/sdk/versions.js';
import { stdinOf } from '../../src/testkit/service/serviceRequests.js';

const field = {
  strategy: 5,
  cycleLimit: 9,
  status: 11,
  execution: 12,
  gasLimit: 26,
  cause: 28,
  minAuctionPeriod: 32,
  whitelist: 33,
  base: { error: 34, stdinPrivate: 35 },
  auction: { baseFee: 34, maxPrice: 35, error: 36, isCanceled: 37, stdinPrivate: 38, errorTrace: 39 },
} as const;
const requestError = { executionFailure: 1n, publicValuesMismatch: 4n } as const;
const breakpoint = 4n;

const failing = stdinOf('this guest fails');
const digestOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const script = {
  rules: [
    {
      on: 'execute',
      stdinSha256: digestOf(failing),
      act: { kind: 'guestFailure', cause: Number(breakpoint), exitCode: 0 },
    },
    { on: 'prove', act: { kind: 'hang' } },
  ],
} as const;

describe('details and lists', { timeout: 600_000 }, () => {
  const on = sdkRig({ script });
  let failed: Record<SdkFlavour, string>;
  let running: Record<SdkFlavour, string>;
  const sdk = (version: SdkVersion, flavour: SdkFlavour) => on.sdk(version, flavour, { keyByte: 7 });

  before(async () => {
    const [base, auction] = [sdk(sdk610, 'base'), sdk(sdk610, 'auction')];
    await base.register();
    const fail = async (by: Sdk) => {
      const requestId = await by.request(failing, { isPrivate: true });
      assert.equal(await by.wait(requestId), 'unexecutable');
      return requestId;
    };
    failed = { base: await fail(base), auction: await fail(auction) };
    const run = (by: Sdk) => by.request(stdinOf(freshText()), { isPrivate: true });
    running = { base: await run(base), auction: await run(auction) };
  });

  it('check 4: limits of 2^64 − 1 arrive in details, in both flavours', async () => {
    for (const flavour of ['base', 'auction'] as const) {
      for (const version of [sdk5, sdk60, sdk64, sdk610]) {
        const details = await sdk(version, flavour).details(running[flavour]);
        assert.equal(details.number(field.cycleLimit), unlimited);
        assert.equal(details.number(field.gasLimit), unlimited);
        assert.equal(details.number(field.status), fulfilment.assigned);
      }
    }
  });

  it('of an auction request have its prices, its error with the reason in words, and whether it is cancelled', async () => {
    const { auction } = field;
    const details = await sdk(sdk610, 'auction').details(failed.auction);
    assert.deepEqual([details.text(auction.baseFee), details.text(auction.maxPrice)], ['0', '0']);
    assert.equal(details.number(auction.error), requestError.executionFailure);
    assert.equal(details.number(field.cause), breakpoint);
    assert.equal(details.number(field.execution), execution.unexecutable);
    assert.equal(details.number(auction.stdinPrivate), 1n);
    assert.equal(details.number(auction.isCanceled), 0n);
    assert.equal(details.all(field.whitelist)[0]?.byteLength, 20);
    assert.deepEqual(JSON.parse(details.text(auction.errorTrace)), {
      code: 'GUEST_FAILED',
      message: 'The guest program failed: BREAKPOINT (after 1000 cycles).',
    });
    assert.equal((await sdk(sdk610, 'auction').details(running.auction)).has(auction.errorTrace), false);
  });

  it('rule 12: of a base request have its error for those who can read it, and for the others only what all can', async () => {
    const { base } = field;
    const read = await sdk(sdk610, 'base').details(failed.base);
    assert.equal(read.number(base.error), requestError.executionFailure);
    assert.equal(read.number(base.stdinPrivate), 1n);
    // v6.0 reads with the auction's schema, and would fail for good; v6.4 cannot be distinguished from it.
    for (const version of [sdk60, sdk64]) {
      const details = await sdk(version, 'base').details(failed.base);
      assert.equal(details.has(base.error) || details.has(base.stdinPrivate), false);
      assert.equal(details.number(field.cause), breakpoint);
    }
  });

  it('name a simulation that differs', async () => {
    const by = sdk(sdk610, 'auction');
    const requestId = await by.request(stdinOf(freshText()), { publicValuesHash: Buffer.alloc(32, 1) });
    assert.equal(await by.wait(requestId), 'unfulfillable');
    const details = await by.details(requestId);
    assert.equal(details.number(field.auction.error), requestError.publicValuesMismatch);
    assert.equal(JSON.parse(details.text(field.auction.errorTrace)).code, 'SIMULATION_DIFFERS');
  });

  it('of both flavours are in one list that every version can read in either', async () => {
    const ids = Object.values({ ...failed, failedAuction: failed.auction, ...{ r: running.base, s: running.auction } });
    for (const flavour of ['base', 'auction'] as const) {
      for (const version of [sdk5, sdk64, sdk610]) {
        const list = await sdk(version, flavour).list({ 10: 50n });
        const found = list.map((each) => each.hex(1));
        for (const id of ids) assert.ok(found.includes(id));
      }
    }
  });

  it('of our own client are read in its one schema, whatever the request’s', async () => {
    const ours = on.sdk({ ...sdk610, userAgent: 'sealed-prover/1 grpc-node-js/1.14.7' }, 'base', { keyByte: 7 });
    const details = await ours.details(failed.auction);
    assert.equal(details.number(field.base.error), requestError.executionFailure);
    const list = await ours.list({ 10: 50n });
    const failures = list.filter((each) => each.number(field.base.error) === requestError.executionFailure);
    assert.equal(failures.length, 2);
  });

  it('are filtered by the meaning that a field has in the request’s own flavour', async () => {
    const base = sdk(sdk610, 'base');
    const auction = sdk(sdk610, 'auction');
    const cancelled = await auction.request(stdinOf(freshText()));
    await auction.cancel(cancelled);
    assert.equal((await auction.details(cancelled)).number(field.auction.isCanceled), 1n);
    const listed = async (filter: Parameters<Sdk['list']>[0]) =>
      (await base.list({ 10: 50n, ...filter })).map((each) => each.hex(1));
    // 17 asks for cancelled ones of the auction, and for timed out ones of base, of which there are none.
    assert.deepEqual(await listed({ 17: true }), [cancelled]);
    const others = await listed({ 17: some(false) });
    assert.ok(!others.includes(cancelled) && others.includes(running.base) && others.includes(running.auction));
    // 18 asks for timed out ones of the auction, and chooses nothing in base.
    const late = await listed({ 18: true });
    assert.ok(late.includes(running.base) && !late.includes(running.auction));
    assert.deepEqual(await listed({ 2: fulfilment.fulfilled }), []);
  });

  it('rule 17: fields and whole lists of a newer schema are no reason to fail', async () => {
    const newer = message({ 1: Buffer.from(running.base, 'hex'), 50: 'new', 51: 7n });
    const answer = await sdk(sdk610, 'base').call('GetProofRequestDetails', newer);
    assert.ok(new Fields(answer, { 1: 'length' }).has(1));
    assert.ok((await sdk(sdk610, 'base').list({ 99: 'new' })).length > 0);
  });
});
