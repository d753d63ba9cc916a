// `sealed-prover tee verify` with a registry: what its answer is worth, by every reason for which a registered key is none any more.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Hex } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { runCli } from '../../src/cli/runCli.js';
import { verifyTeeProofOnChain } from '../../src/client/client.js';
import { mockDcapVerifier } from '../../src/contracts/generated/mockDcapVerifier.js';
import { proverRegistry } from '../../src/contracts/generated/proverRegistry.js';
import type { VkHash } from '../../src/ids.js';
import { encodeTeeProof, teeDigest } from '../../src/tee/teeProof.js';
import { type Chain, startChain } from '../../src/testkit/chain/chain.js';
import { type DeployedContracts, deployContracts } from '../../src/testkit/chain/deployContracts.js';
import { kitMeasurement, registerProver } from '../../src/testkit/chain/registerProver.js';
import { scriptedCli } from '../../src/testkit/scriptedCli.js';
import { temporaryFolder } from '../../src/testkit/temporaryFolder.js';
import { vectorKey } from '../../src/testkit/world/scriptedSigner.js';

const vkHash = '5bf1424e632abfd17cb0ffd37d26c69240d22974306943e60f3a713a3a7306ec' as VkHash;
const publicValues = Buffer.from('140000006d1a0000c22a0000', 'hex');
const signature = vectorKey.sign(teeDigest(vkHash, publicValues));
const proof = encodeTeeProof({ signature, vkHash, publicValues });
const file = join(temporaryFolder('verify'), 'proof.json');
writeFileSync(file, proof);
const prover: Hex = `0x${vectorKey.address}`;
const elsewhere = `0x${'11'.repeat(20)}`;

let chain: Chain;
let contracts: DeployedContracts;
let bare: Hex;
before(async () => {
  chain = await startChain();
  contracts = await deployContracts(chain, { measurements: [kitMeasurement] });
  bare = await chain.client.snapshot();
});
after(() => chain.stop());

/** The chain as it was before the last test, with the key registered or not. */
async function start({ registered = true } = {}): Promise<void> {
  await chain.client.revert({ id: bare });
  bare = await chain.client.snapshot();
  if (registered) await registerProver(chain, contracts, prover);
}

async function asOwner(functionName: 'revokeProver' | 'setMeasurement' | 'setAcceptedTcb', args: readonly unknown[]) {
  const [owner] = chain.accounts;
  assert.ok(owner);
  const hash = await chain.client.writeContract({
    address: contracts.registry,
    abi: proverRegistry.abi as never,
    functionName,
    args,
    account: privateKeyToAccount(owner.privateKey),
    chain: chain.client.chain,
  });
  await chain.client.waitForTransactionReceipt({ hash });
}

const atChain = () => ['--rpc', chain.url, '--chain-id', '31337', '--registry', contracts.registry];

async function verify(...words: string[]) {
  const cli = scriptedCli({});
  const exitCode = await runCli(['tee', 'verify', file, '--vk-hash', vkHash, ...words, '--json'], cli);
  assert.doesNotMatch(cli.err(), /should not have happened/);
  const { checks = [], ...verdict } = JSON.parse(cli.out());
  const failed = checks.filter(({ ok }: { ok: boolean }) => !ok);
  assert.equal(exitCode === 0, failed.length === 0 && checks.length > 0);
  return { exitCode, verdict, failed: failed.map(({ id, detail }: Record<string, string>) => `${id}: ${detail}`) };
}

describe('T54: tee verify with a registry', () => {
  it('holds for a registered key, and says until when', async () => {
    await start();
    const { exitCode, verdict, failed } = await verify(...atChain());
    assert.deepEqual([exitCode, failed], [0, []]);
    const { timestamp } = await chain.client.getBlock();
    assert.equal(verdict.expiresAt, Number(timestamp) + 3600);
  });

  it('does not for a key that is not registered, has expired, was revoked, or lost its measurement', async () => {
    await start({ registered: false });
    assert.match((await verify(...atChain())).failed.join(), /^registry: The key is not registered/);
    await start();
    await chain.client.increaseTime({ seconds: 3600 });
    await chain.mine();
    assert.match((await verify(...atChain())).failed.join(), /^registry: The registration of the key has ended at 20/);
    await start();
    await asOwner('revokeProver', [prover]);
    assert.match((await verify(...atChain())).failed.join(), /^registry: The key is not registered, or was revoked/);
    await start();
    await asOwner('setMeasurement', [kitMeasurement, false]);
    assert.match((await verify(...atChain())).failed.join(), /^registry: .*measurement is not allowed any more/);
  });

  it('compares the registration with what the caller accepts, whatever the owner of the registry does', async () => {
    await start();
    const { verifier } = contracts;
    const lists = ['--measurement', kitMeasurement, '--dcap-verifier', verifier, '--tcb-status', '0'];
    assert.deepEqual((await verify(...atChain(), ...lists)).failed, []);
    const others = ['--measurement', `0x${'77'.repeat(32)}`, '--dcap-verifier', elsewhere];
    for (const [words, expected] of [
      [others.slice(0, 2), /^policy: It is not: the measurement 0x\w{64} is not listed\.$/],
      [others.slice(2), /^policy: It is not: the DCAP verifier 0x\w{40} is not listed\.$/],
      [['--tcb-status', '1'], /^policy: It is not: the TCB status 0 is not listed\.$/],
      [others, /^policy: .* is not listed, the DCAP/],
    ] as const)
      assert.match((await verify(...atChain(), ...words)).failed.join(), expected);
    assert.deepEqual((await verify(...atChain(), ...others, ...lists)).failed, [], 'one of several');
  });

  it('sees what else the registry has accepted: another TCB status', async () => {
    await start({ registered: false });
    await asOwner('setAcceptedTcb', [3n]);
    const [account] = chain.accounts;
    assert.ok(account);
    const sender = { account: privateKeyToAccount(account.privateKey), chain: chain.client.chain };
    const at = { address: contracts.verifier, abi: mockDcapVerifier.abi, ...sender } as const;
    const hash = await chain.client.writeContract({ ...at, functionName: 'setTcbStatus', args: [1] });
    await chain.client.waitForTransactionReceipt({ hash });
    await registerProver(chain, contracts, prover);
    assert.deepEqual((await verify(...atChain())).failed, []);
    assert.match((await verify(...atChain(), '--tcb-status', '0')).failed.join(), /TCB status 1 is not listed/);
    assert.deepEqual((await verify(...atChain(), '--tcb-status', '0', '--tcb-status', '1')).failed, []);
  });

  it('asks for the signers too where they are named', async () => {
    await start();
    assert.match((await verify(...atChain(), '--signer', elsewhere)).failed.join(), /^signer: /);
    assert.deepEqual((await verify(...atChain(), '--signer', prover)).failed, []);
  });

  it('fails where the registry cannot be asked, and names no URL', async () => {
    await start();
    const wrong = ['--rpc', chain.url, '--chain-id', '1', '--registry', contracts.registry];
    assert.match(
      (await verify(...wrong)).failed.join(),
      /^registry: The RPC speaks for chain 31337, not for chain 1\.$/,
    );
    const none = ['--rpc', chain.url, '--chain-id', '31337', '--registry', elsewhere];
    assert.match((await verify(...none)).failed.join(), /^registry: There is no contract at 0x1{40} on chain 31337\.$/);
    const other = ['--rpc', chain.url, '--chain-id', '31337', '--registry', contracts.verifier];
    assert.match((await verify(...other)).failed.join(), /^registry: The registry cannot be asked: /);
    const away = ['--rpc', 'http://127.0.0.1:9/secretkey', '--chain-id', '31337', '--registry', contracts.registry];
    const { failed } = await verify(...away, '--measurement', kitMeasurement);
    assert.match(failed.join(), /^registry: The registry cannot be asked: .*,policy: There is no registration/);
    assert.doesNotMatch(failed.join(), /secretkey/);
  });

  it('half of a chain is wrong usage', async () => {
    for (const words of [['--rpc', chain.url], ['--measurement', kitMeasurement], atChain().slice(2)])
      assert.equal((await verify(...words)).exitCode, 2);
  });

  it('a forged public value is by no registered key', async () => {
    await start();
    const forged = encodeTeeProof({ signature, vkHash, publicValues: Buffer.of(1) });
    const { registry } = contracts;
    const verdict = await verifyTeeProofOnChain({ proof: forged, vkHash, rpcUrl: chain.url, chainId: 31337, registry });
    assert.deepEqual([verdict.ok, verdict.expiresAt], [false, 0]);
    assert.deepEqual(
      verdict.checks.flatMap(({ id, ok }) => (ok ? [] : [id])),
      ['registry'],
    );
  });
});
