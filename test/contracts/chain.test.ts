// The committed contracts on a real anvil, through the kit that other suites use.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { concatHex, type Hex, keccak256, sha256, sliceHex, toHex } from 'viem';
import { privateKeyToAccount, sign } from 'viem/accounts';
import { multiProof } from '../../src/contracts/generated/multiProof.js';
import { proverRegistry } from '../../src/contracts/generated/proverRegistry.js';
import { type Chain, startChain } from '../../src/testkit/chain/chain.js';
import { type DeployedContracts, deployContracts } from '../../src/testkit/chain/deployContracts.js';
import { kitMeasurement, registerProver } from '../../src/testkit/chain/registerProver.js';

const proverKey: Hex = `0x${'01'.repeat(32)}`;
const prover = privateKeyToAccount(proverKey).address;

let chain: Chain;
let contracts: DeployedContracts;
before(async () => {
  chain = await startChain();
  contracts = await deployContracts(chain, { measurements: [kitMeasurement] });
});
after(() => chain.stop());

const ask = (functionName: 'verifyAttestedProver' | 'attestedProvers') =>
  chain.client.readContract<typeof proverRegistry.abi, typeof functionName, [Hex]>({
    address: contracts.registry,
    abi: proverRegistry.abi,
    functionName,
    args: [prover],
  });

const register = () => registerProver(chain, contracts, prover);

describe('contracts on anvil', () => {
  it('registers a prover with a quote of 5,006 bytes, whose signature is a proof then', async () => {
    assert.equal(await ask('verifyAttestedProver'), false);
    const receipt = await register();
    assert.equal(receipt.status, 'success');
    // Calldata has a price of its own, the same for every contract (EIP-7623): what the contract does costs less than that.
    assert.ok(receipt.gasUsed <= 223_750n, `${receipt.gasUsed}`);
    assert.equal(await ask('verifyAttestedProver'), true);
    const vkHash = toHex(new Uint8Array(32).map((_, index) => index));
    const publicValues: Hex = '0xf4010000aaaaaaaabbbbbbbb';
    const signature = await sign({
      hash: keccak256(sha256(concatHex([vkHash, publicValues]))),
      privateKey: proverKey,
      to: 'hex',
    });
    const verify = (values: Hex) =>
      chain.client.readContract({
        address: contracts.multiProof,
        abi: multiProof.abi,
        functionName: 'verifyTEEProof',
        args: [vkHash, values, signature],
      });
    assert.equal(await verify(publicValues), prover);
    await assert.rejects(verify('0xf4010000aaaaaaaabbbbbbbc'), /Invalid_TEE_Signer/);
    assert.equal(sliceHex(signature, 64), '0x1b');
  });

  it('a reorganisation takes the registration away, and the next one brings it back', async () => {
    await chain.reorg(1);
    assert.equal(await ask('verifyAttestedProver'), false);
    assert.equal((await register()).status, 'success');
    assert.notEqual(await ask('attestedProvers'), 0n);
  });

  it('the kit mines blocks when it is asked to', async () => {
    const before = await chain.client.getBlockNumber();
    await chain.mine(3);
    assert.equal(await chain.client.getBlockNumber({ cacheTime: 0 }), before + 3n);
  });
});
