// What SDKs of all ages send, in both of their flavours, to one running service: each goes the whole way, from a program that is not
// known to a proof. The numbers are those of the conformance checks of the wire.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import { blake3 } from '@noble/hashes/blake3';
import { fakePublicValues } from '../../src/testkit/engine/fakeProof.js';
import { Fields, message } from '../../src/testkit/sdk/fields.js';
import { programOf } from '../../src/testkit/sdk/program.js';
import { freshText, fulfilment, type PreparedRequest, type Sdk } from '../../src/testkit/sdk/sdk.js';
import { sdkRig } from '../../src/testkit/sdk/sdkRig.js';
import { code, TonicStatus } from '../../src/testkit/sdk/tonic.js';
import { sdk5, sdk610, sdkVersions } from '../../src/testkit/sdk/versions.js';
import { stdinOf } from '../../src/testkit/service/serviceRequests.js';

const shapes = sdkVersions.flatMap((version) =>
  (['base', 'auction'] as const).map((flavour) => ({ version, flavour, name: `${version.name} ${flavour}` })),
);
const digestOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest();
const isRefusal = (wanted: number, detail: RegExp) => (error: unknown) =>
  error instanceof TonicStatus && error.code === wanted && detail.test(error.detail);

describe('both flavours of the wire', { timeout: 600_000 }, () => {
  const on = sdkRig();

  for (const [index, { version, flavour, name }] of shapes.entries()) {
    it(`check 1, rules 1 and 5: ${name} registers, requests, polls and downloads on the one port`, async () => {
      const sdk = on.sdk(version, flavour, { keyByte: index + 1, program: programOf(index + 1) });
      assert.equal(await sdk.register(), true);
      const stdin = stdinOf(freshText());
      const publicValuesHash = digestOf(fakePublicValues(stdin));
      const requestId = await sdk.request(stdin, { isPrivate: true, publicValuesHash });
      // Check 10: a client that sees REQUESTED for half a minute cancels.
      assert.ok((await sdk.status(requestId)).number(1) >= fulfilment.assigned);
      assert.deepEqual(await sdk.wait(requestId), sdk.program.proofOf(stdin));
      assert.equal(await sdk.register(), false);
    });
  }

  it('takes Mainnet mode with the strategy of private proving, and the mode of Reserved with any', async () => {
    for (const [flavour, strategy] of [
      ['auction', 2n],
      ['auction', 1n],
      ['base', 2n],
      ['base', 3n],
    ] as const) {
      const sdk = on.sdk(sdk610, flavour);
      await sdk.register();
      const stdin = stdinOf(freshText());
      const requestId = await sdk.request(stdin, { strategy, isPrivate: true });
      assert.deepEqual(await sdk.wait(requestId), sdk.program.proofOf(stdin));
      assert.equal((await sdk.details(requestId)).number(5), strategy);
    }
  });
});

describe('an auction without bids', { timeout: 600_000 }, () => {
  const on = sdkRig();
  const lengths = Object.fromEntries([1, 2, 3, 4, 5, 6, 7, 9].map((field) => [field, 'length' as const]));

  it('rule 5: is free, and its parties have addresses that clients can read', async () => {
    const params = new Fields(await on.sdk(sdk610, 'auction').call('GetProofRequestParams', message({ 1: 2n })), {
      ...lengths,
      8: 'varint',
    });
    for (const address of [2, 3, 4, 7]) assert.equal(params.bytes(address).byteLength, 20);
    for (const price of [5, 6, 9]) assert.equal(params.text(price), '0');
    assert.equal(params.number(8), 0n);
    assert.equal(params.bytes(1).byteLength, 32);
    await assert.rejects(
      on.sdk(sdk610, 'auction').call('GetProofRequestParams', message({ 1: 9n })),
      isRefusal(code.invalidArgument, /mode/),
    );
  });

  it('has one prover, and no other one for what it could not prove', async () => {
    const sdk = on.sdk(sdk5, 'auction');
    const [anyone, available] = [await sdk.provers(false), await sdk.provers(true)];
    assert.equal(anyone.length, 1);
    assert.equal(anyone[0]?.byteLength, 20);
    assert.deepEqual(available, []);
  });

  it('has a market price of nothing, as of now', async () => {
    const price = new Fields(await on.sdk(sdk610, 'auction').call('GetMarketPricePerPgu', message({})), {
      1: 'length',
      2: 'varint',
    });
    assert.equal(price.text(1), '0');
    assert.ok(price.number(2) > 1_700_000_000n);
  });

  /** Request bodies with fields replaced by number, signed as they are. */
  async function sendWith(
    sdk: Sdk,
    prepared: PreparedRequest,
    changes: Parameters<typeof message>[0],
  ): Promise<string> {
    const kinds = { ...Object.fromEntries([...Array(22).keys()].map((n) => [n, 'length' as const])) };
    for (const varint of [1, 4, 5, 7, 8, 9, 10, 19, 21]) kinds[varint] = 'varint' as never;
    const body = new Fields(await sdk.body(prepared, await sdk.nonce()), kinds);
    const fields: Record<number, never> = {};
    for (const [field, kind] of Object.entries(kinds)) {
      const number = Number(field);
      if (!body.has(number)) continue;
      fields[number] = (kind === ('varint' as never) ? body.number(number) : body.all(number)) as never;
    }
    return sdk.sendBody(message({ ...fields, ...changes }));
  }

  it('refuses what was signed for another network, or for something else, or makes no sense', async () => {
    const sdk = on.sdk(sdk610, 'auction');
    await sdk.register();
    const prepared = await sdk.prepare(stdinOf(freshText()));
    const cases: [Parameters<typeof message>[0], RegExp][] = [
      [{ 12: Buffer.alloc(32, 0x22) }, /domain is not valid: the request was signed for another network/],
      [{ 12: Buffer.alloc(0) }, /domain/],
      [{ 13: Buffer.alloc(19) }, /auctioneer is not valid: an address must have 20 bytes, not 19/],
      [{ 14: Buffer.alloc(21) }, /executor/],
      [{ 15: undefined }, /verifier/],
      [{ 20: undefined }, /treasury/],
      [{ 16: Buffer.alloc(31) }, /public_values_hash is not valid: it must have 32 bytes/],
      [{ 17: '' }, /base_fee is not valid: it must be a u64/],
      [{ 17: '-1' }, /base_fee/],
      [{ 18: '18446744073709551616' }, /max_price_per_pgu/],
      [{ 18: '1'.repeat(10_000) }, /max_price_per_pgu/],
      [{ 19: 1n }, /variant is not valid: this body was signed for something else/],
    ];
    for (const [changes, detail] of cases)
      await assert.rejects(sendWith(sdk, prepared, changes), isRefusal(code.invalidArgument, detail));
    // Parties that the client chose by itself, prices that it would pay: fine.
    const requestId = await sendWith(sdk, prepared, { 13: Buffer.alloc(20, 1), 18: '18446744073709551615' });
    assert.ok(Buffer.isBuffer(await sdk.wait(requestId)));
  });

  it('ends a request whose guest commits to something else than in the client’s simulation, before it is proved', async () => {
    const sdk = on.sdk(sdk610, 'auction');
    await sdk.register();
    const stdin = stdinOf(freshText());
    const requestId = await sdk.request(stdin, { publicValuesHash: Buffer.alloc(32, 0x66) });
    assert.equal(await sdk.wait(requestId), 'unfulfillable');
    const path = on.service.lines.filter((line) => line.requestId === requestId && line.to).map(({ to }) => to);
    assert.deepEqual(path.slice(-2), ['executing.running', 'failed']);
    // A guest that was built to commit with BLAKE3 is simulated to that digest.
    const other = stdinOf(freshText());
    const publicValuesHash = blake3(fakePublicValues(other));
    assert.deepEqual(await sdk.wait(await sdk.request(other, { publicValuesHash })), sdk.program.proofOf(other));
  });

  it('rule 17: does not know the calls of provers and explorers, in any version', async () => {
    const sdk = on.sdk(sdk610, 'auction');
    const others = ['GetProverRequirements', 'GetProverStatus', 'GetProgramGasEstimates', 'GetProverCapacity'];
    for (const method of [
      ...others,
      'ReportProverInfo',
      'FulfillProof',
      'ExecuteProof',
      'GetStdinUri',
      'Bid',
      'GetOwner',
    ])
      await assert.rejects(sdk.call(method, message({})), isRefusal(code.unimplemented, /./));
  });
});
