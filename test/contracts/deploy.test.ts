// `sealed-prover contracts deploy` against a real anvil: what it puts there, and what it refuses before it sends anything.
import assert from 'node:assert/strict';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type Address, type Hex, parseEther } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { runCli } from '../../src/cli/runCli.js';
import { mockDcapVerifier } from '../../src/contracts/generated/mockDcapVerifier.js';
import { multiProof } from '../../src/contracts/generated/multiProof.js';
import { proverRegistry } from '../../src/contracts/generated/proverRegistry.js';
import { type Chain, startChain } from '../../src/testkit/chain/chain.js';
import { scriptedCli } from '../../src/testkit/scriptedCli.js';
import { temporaryFolder } from '../../src/testkit/temporaryFolder.js';

const folder = temporaryFolder('deploy');
const key: Hex = `0x${'5a'.repeat(32)}`;
const deployer = privateKeyToAccount(key);
const measurement: Hex = `0x${'ab'.repeat(32)}`;
let files = 0;

function writeKey(content: string, mode = 0o600): string {
  const path = join(folder, `key-${files++}`);
  writeFileSync(path, content);
  chmodSync(path, mode);
  return path;
}

const keyFile = writeKey(`${key}\n`);

async function deploy(...words: string[]) {
  const cli = scriptedCli({});
  const exitCode = await runCli(['contracts', 'deploy', ...words], cli);
  const text = cli.out() + cli.err();
  assert.doesNotMatch(text, /should not have happened|\n\s+at |undefined|5a5a5a5a/i, words.join(' '));
  return { exitCode, out: cli.out(), err: cli.err() };
}

async function startFunded(chainId: number): Promise<Chain> {
  const chain = await startChain({ chainId });
  await chain.client.setBalance({ address: deployer.address, value: parseEther('10') });
  return chain;
}

/** No transaction of the deployer. */
async function assertNothingSent(chain: Chain): Promise<void> {
  assert.equal(await chain.client.getTransactionCount({ address: deployer.address }), 0);
}

describe('contracts deploy', () => {
  let chain: Chain;
  before(async () => {
    chain = await startFunded(31337);
  });
  after(() => chain.stop());
  const words = (...more: string[]) => ['--rpc', chain.url, '--chain-id', '31337', '--key-file', keyFile, ...more];
  const readRegistry = (address: Address, functionName: 'owner' | 'guardian' | 'dcapAttestationVerifier') =>
    chain.client.readContract({ address, abi: proverRegistry.abi, functionName });

  it('an RPC of another chain is refused, and nothing is sent', async () => {
    const { exitCode, err } = await deploy(
      '--rpc',
      chain.url,
      '--chain-id',
      '1',
      '--key-file',
      keyFile,
      '--mock-verifier',
    );
    assert.equal(exitCode, 1);
    assert.match(err, /speaks for chain 31337, not for chain 1\. Nothing was sent/);
    await assertNothingSent(chain);
  });

  it('a verifier or gateway without code is refused, and nothing is sent', async () => {
    const empty = `0x${'11'.repeat(20)}`;
    const { exitCode, err } = await deploy(...words('--verifier', empty));
    assert.deepEqual([exitCode, /no contract at 0x1{40} .*the DCAP verifier/.test(err)], [1, true], err);
    const { err: ofGateway } = await deploy(...words('--mock-verifier', '--gateway', empty));
    assert.match(ofGateway, /no contract at 0x1{40} .*gateway/);
    await assertNothingSent(chain);
  });

  it('a verifier must be named, one way or the other', async () => {
    const { exitCode, err } = await deploy(...words());
    assert.equal(exitCode, 2);
    assert.match(err, /Name the DCAP verifier/);
  });

  it('an address whose checksum is wrong is refused', async () => {
    // The last digit of this one should be 6.
    const { exitCode, err } = await deploy(
      ...words('--mock-verifier', '--owner', '0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92267'),
    );
    assert.equal(exitCode, 2);
    assert.match(err, /checksum of --owner/);
  });

  it('a key file that others can read, or that holds no key, is refused without a word of what it holds', async () => {
    const cases: [string, RegExp][] = [
      [writeKey(key, 0o640), /others than you can read/],
      [writeKey(key, 0o604), /others than you can read/],
      [writeKey(`${key}5a`), /64 hex digits/],
      [writeKey(`${key} `.repeat(20)), /too large/],
      [writeKey('f'.repeat(64)), /order of the curve/],
      [writeKey('0'.repeat(64)), /order of the curve/],
      [join(folder, 'none'), /there is no such file/],
      [folder, /it is no file/],
    ];
    for (const [path, expected] of cases) {
      const { exitCode, err } = await deploy(
        '--rpc',
        chain.url,
        '--chain-id',
        '31337',
        '--key-file',
        path,
        '--mock-verifier',
      );
      assert.equal(exitCode, 1, path);
      assert.match(err, expected);
      assert.match(err, /^The key file /);
    }
    await assertNothingSent(chain);
  });

  it('deploys what the options say, and prints addresses and gas', async () => {
    const [owner, guardian] = chain.accounts;
    assert.ok(owner && guardian);
    const roles = ['--owner', owner.address, '--guardian', guardian.address.toLowerCase()];
    const { exitCode, out, err } = await deploy(
      ...words('--mock-verifier', ...roles, '--measurement', measurement, '--json'),
    );
    assert.equal(exitCode, 0, err);
    const deployment = JSON.parse(out);
    const { registry, verifier } = deployment;
    assert.equal(await readRegistry(registry, 'owner'), owner.address);
    assert.equal(await readRegistry(registry, 'guardian'), guardian.address);
    assert.equal(await readRegistry(registry, 'dcapAttestationVerifier'), verifier);
    const allowed = { address: registry, abi: proverRegistry.abi, functionName: 'isMeasurementAllowed' } as const;
    assert.equal(await chain.client.readContract({ ...allowed, args: [measurement] }), true);
    const ofMultiProof = { address: deployment.multiProof, abi: multiProof.abi } as const;
    assert.equal(await chain.client.readContract({ ...ofMultiProof, functionName: 'teeProverRegistry' }), registry);
    assert.equal(await chain.client.readContract({ ...ofMultiProof, functionName: 'owner' }), owner.address);
    const gas = deployment.contracts.map(({ name, gasUsed }: { name: string; gasUsed: string }) => [
      name,
      Number(gasUsed),
    ]);
    for (const [name, used] of gas) assert.ok(used > 100_000 && used < 2_000_000, `${name} ${used}`);
    assert.equal(gas.length, 3);
  });

  it('as text, with the verifier that is there already', async () => {
    const hash = await chain.client.deployContract({
      ...mockDcapVerifier,
      account: deployer,
      chain: chain.client.chain,
    });
    const { contractAddress } = await chain.client.waitForTransactionReceipt({ hash });
    assert.ok(contractAddress);
    const { exitCode, out, err } = await deploy(...words('--verifier', contractAddress));
    assert.equal(exitCode, 0, err);
    assert.match(out, /^chain {7}31337\nregistry {4}0x\w{40}\nMultiProof {2}0x\w{40}\nverifier/);
    assert.match(out, new RegExp(`owner {7}${deployer.address}\nguardian {4}none\ngas {9}[\\d,]+$`, 'm'));
    assert.match(err, /^Registry 0x\w{40}, [\d,]+ gas, transaction 0x\w{64}$/m);
    assert.match(err, /Nothing can register yet/);
  });

  it('a deployer without funds is told so by the RPC’s own words', async () => {
    const poor = writeKey('7b'.repeat(32));
    const { exitCode, err } = await deploy(
      '--rpc',
      chain.url,
      '--chain-id',
      '31337',
      '--key-file',
      poor,
      '--mock-verifier',
    );
    assert.equal(exitCode, 1);
    assert.match(err, /^The verifier was not deployed: .*(exceeds the balance|[Ii]nsufficient funds)/);
  });

  it('an RPC that does not answer is named without its URL, which may hold a key', async () => {
    const { exitCode, err } = await deploy(
      '--rpc',
      'http://127.0.0.1:9/v2/secretkey',
      '--chain-id',
      '31337',
      '--key-file',
      keyFile,
      '--mock-verifier',
    );
    assert.equal(exitCode, 1);
    assert.match(err, /^The RPC did not answer/);
    assert.doesNotMatch(err, /secretkey/);
  });
});

describe('contracts deploy on a chain that is not for development', () => {
  let chain: Chain;
  let verifier: Address;
  before(async () => {
    chain = await startFunded(424242);
    const [account] = chain.accounts;
    assert.ok(account);
    const hash = await chain.client.deployContract({
      ...mockDcapVerifier,
      account: privateKeyToAccount(account.privateKey),
      chain: chain.client.chain,
    });
    const { contractAddress } = await chain.client.waitForTransactionReceipt({ hash });
    assert.ok(contractAddress);
    verifier = contractAddress;
  });
  after(() => chain.stop());
  const words = (path: string, ...more: string[]) => [
    '--rpc',
    chain.url,
    '--chain-id',
    '424242',
    '--key-file',
    path,
    ...more,
  ];

  it('a mock verifier is refused, asked for or found', async () => {
    for (const more of [['--mock-verifier'], ['--verifier', verifier]]) {
      const { exitCode, err } = await deploy(...words(keyFile, ...more));
      assert.equal(exitCode, 1);
      assert.match(err, /believes every quote.* not on chain 424242/);
    }
    await assertNothingSent(chain);
  });

  it('an account whose key everybody has is refused as deployer, owner and guardian', async () => {
    const [account] = chain.accounts;
    assert.ok(account);
    const cases = [
      words(writeKey(account.privateKey), '--verifier', verifier),
      words(keyFile, '--verifier', verifier, '--owner', account.address),
      words(keyFile, '--verifier', verifier, '--guardian', account.address),
    ];
    for (const each of cases) {
      const { exitCode, err } = await deploy(...each);
      assert.equal(exitCode, 1);
      assert.match(err, /^Everybody has the private key of 0x/);
    }
    await assertNothingSent(chain);
  });

  it('a contract that does not call itself a mock is taken', async () => {
    // Any contract without IS_MOCK will do: a registry, for example.
    const [account] = chain.accounts;
    assert.ok(account);
    const hash = await chain.client.deployContract({
      ...proverRegistry,
      args: [account.address, account.address, verifier, []],
      account: privateKeyToAccount(account.privateKey),
      chain: chain.client.chain,
    });
    const { contractAddress } = await chain.client.waitForTransactionReceipt({ hash });
    assert.ok(contractAddress);
    const { exitCode, err } = await deploy(
      ...words(keyFile, '--verifier', contractAddress, '--measurement', measurement),
    );
    assert.equal(exitCode, 0, err);
    assert.doesNotMatch(err, /Nothing can register/);
  });
});
