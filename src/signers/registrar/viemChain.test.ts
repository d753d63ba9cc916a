import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { after, describe, it } from 'node:test';
import type { Address } from '../../ids.js';
import { type ScriptedRpc, startScriptedRpc } from '../../testkit/chain/scriptedRpc.js';
import type { ChainError, ChainProblem } from './registryChain.js';
import { createViemChain } from './viemChain.js';

const block = {
  number: '0x64',
  hash: `0x${'aa'.repeat(32)}`,
  parentHash: `0x${'bb'.repeat(32)}`,
  timestamp: '0x65000000',
  transactions: [],
};
const claim = {
  address: '11'.repeat(20) as Address,
  reference: { number: 99, hash: 'bb'.repeat(32) },
  quote: Uint8Array.of(1, 2, 3),
};
const unsent = { nonce: 0, gas: 1n, value: 0n, maxFeePerGas: 2n, maxPriorityFeePerGas: 1n };
const rpcs: ScriptedRpc[] = [];
after(() => Promise.all(rpcs.map((rpc) => rpc.stop())));

async function newRpc(results: Readonly<Record<string, unknown>> = {}): Promise<ScriptedRpc> {
  const rpc = await startScriptedRpc({ eth_getBlockByNumber: block, ...results });
  rpcs.push(rpc);
  return rpc;
}
const chainOf = (urls: readonly string[], timeoutMs = 60_000) =>
  createViemChain({
    urls,
    chainId: 31337,
    registry: '5f'.repeat(20) as Address,
    isVersion2: () => true,
    accountKey: new Uint8Array(32).fill(1),
    timeoutMs,
  });
const problemOf = async (asking: Promise<unknown>): Promise<ChainProblem> =>
  asking.then(
    () => assert.fail('it was taken'),
    (error: ChainError) => error.problem,
  );

describe('46: a chain that is asked', () => {
  it('answers by its second RPC when the first is away', async () => {
    const [gone, there] = [await newRpc(), await newRpc()];
    await gone.stop();
    rpcs.splice(rpcs.indexOf(gone), 1);
    const { number, parentHash } = await chainOf([gone.url, there.url]).head();
    assert.deepEqual([number, parentHash], [100, 'bb'.repeat(32)]);
  });

  it('is asked anew each time', async () => {
    const rpc = await newRpc();
    const chain = chainOf([rpc.url]);
    await chain.head();
    rpc.results.set('eth_getBlockByNumber', { ...block, number: '0x65' });
    assert.equal((await chain.head()).number, 101);
  });

  it('is down when it hangs, breaks off, or says what is no answer', async () => {
    const rpc = await newRpc();
    const chain = chainOf([rpc.url], 150);
    const faults: Array<(response: ServerResponse) => void> = [
      () => {},
      (response) => response.destroy(),
      (response) => response.writeHead(500).end('no'),
      (response) => response.writeHead(429).end('{}'),
      (response) => response.writeHead(200).end('{"jsonrpc":"2.0","id":1,"resu'),
      (response) => response.writeHead(200).end('<html>'),
      (response) => response.writeHead(200).end(''),
    ];
    for (const fault of faults) {
      rpc.misbehave = fault;
      assert.ok(['down', 'other'].includes(await problemOf(chain.head())));
    }
  });

  it('is not believed when it answers with a block that is none', async () => {
    const rpc = await newRpc();
    const chain = chainOf([rpc.url]);
    const blocks: unknown[] = [
      null,
      {},
      { ...block, number: null },
      { ...block, number: 'zero' },
      { ...block, timestamp: `0x${'f'.repeat(40)}` },
      { ...block, parentHash: '0x12' },
      { ...block, parentHash: 7 },
      [],
      'block',
    ];
    for (const answer of blocks) {
      rpc.results.set('eth_getBlockByNumber', answer);
      assert.equal(await problemOf(chain.head()), 'other', JSON.stringify(answer));
    }
  });
});

describe('48: a transaction that is sent', () => {
  it('has a hash also when the answer was lost, or the pool has it already', async () => {
    const rpc = await newRpc({ eth_sendRawTransaction: new Error('already known') });
    const chain = chainOf([rpc.url]);
    const hash = await chain.send(claim, unsent);
    assert.match(hash, /^[0-9a-f]{64}$/);
    rpc.misbehave = (response) => response.destroy();
    assert.equal(await chain.send(claim, unsent), hash);
  });

  it('is refused by its name', async () => {
    const rpc = await newRpc();
    const chain = chainOf([rpc.url]);
    const cases: Array<[string, ChainProblem]> = [
      ['insufficient funds for gas * price + value', 'funds'],
      ['gas required exceeds allowance (1300)', 'funds'],
      ['nonce too low: next nonce 5, tx nonce 4', 'nonce-too-low'],
      ['replacement transaction underpriced', 'underpriced'],
      ['something new', 'other'],
    ];
    for (const [message, problem] of cases) {
      rpc.results.set('eth_sendRawTransaction', new Error(message));
      assert.equal(await problemOf(chain.send(claim, unsent)), problem, message);
    }
  });
});
