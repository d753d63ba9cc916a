// Signing keys on a real chain: registered, rotated, and brought through the bad days of a chain.
import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { type Hex, parseGwei, toHex } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { mockDcapVerifier } from '../../src/contracts/generated/mockDcapVerifier.js';
import { proverRegistry } from '../../src/contracts/generated/proverRegistry.js';
import { createByHand } from '../../src/signers/byHand.js';
import { type ChainRig, type ChainRigParameters, createChainRig } from '../../src/testkit/signers/chainRig.js';

const unending = new AbortController().signal;
const rigs: ChainRig[] = [];
afterEach(async () => {
  for (const rig of rigs.splice(0)) await rig.end();
});

async function newRig(parameters?: ChainRigParameters): Promise<ChainRig> {
  const rig = await createChainRig(parameters);
  rigs.push(rig);
  return rig;
}

function activeKey({ signers }: Pick<ChainRig, 'signers'>): string {
  const key = signers.active();
  return 'waiting' in key ? '' : key.address;
}

/** Which key signs, now and after each change; empty where none does. */
function keysSeen(rig: ChainRig): readonly string[] {
  const seen = [activeKey(rig)];
  rig.signers.onChange(() => seen.push(activeKey(rig)));
  return seen;
}

describe('a key on a chain', () => {
  it('45: signs when the registry attests it, and is rotated without a moment in which an unattested key signs', async () => {
    const rig = await newRig();
    await rig.passUntil(() => activeKey(rig));
    const first = activeKey(rig);
    assert.ok(await rig.isAttested(first));
    const seen = keysSeen(rig);
    rig.rotate();
    await rig.passUntil(() => activeKey(rig) !== first);
    const secondKey = activeKey(rig);
    assert.deepEqual([...new Set(seen)], [first, secondKey]);
    assert.ok(await rig.isAttested(secondKey));
    // What the first key has signed verifies for 15 minutes more.
    await rig.chain.client.increaseTime({ seconds: 900 });
    await rig.chain.mine();
    assert.ok(await rig.isAttested(first));
  });
});

const latest = ({ signers }: ChainRig) => signers.views()[0];
const transactionsOf = (rig: ChainRig) => {
  const view = latest(rig);
  return view?.state === 'registering' ? view.transactions : [];
};

/** Of the contracts' owner. */
async function write(
  rig: Pick<ChainRig, 'chain' | 'contracts'>,
  functionName: string,
  args: readonly unknown[],
  address = rig.contracts.registry,
  fee?: bigint,
) {
  const [owner] = rig.chain.accounts;
  assert.ok(owner);
  const abi = address === rig.contracts.registry ? proverRegistry.abi : mockDcapVerifier.abi;
  const fees = fee !== undefined && { maxFeePerGas: fee, maxPriorityFeePerGas: fee };
  const call = { address, abi, functionName, args, account: privateKeyToAccount(owner.privateKey), ...fees };
  await rig.chain.client.writeContract({ ...call, chain: rig.chain.client.chain } as never);
}

describe('the bad days of a chain', () => {
  it('46: without an answer of the RPC nothing is given up, and rotation goes on when it is back', async () => {
    // What takes this long is taken for away, and asked again: long beside an answer, also on a busy machine.
    const rig = await newRig({ timeoutMs: 1_000 });
    await rig.passUntil(() => activeKey(rig));
    const first = activeKey(rig);
    rig.chain.pause();
    rig.rotate();
    await rig.passUntil(() => latest(rig)?.lastFault);
    assert.equal(latest(rig)?.lastFault?.cause, 'rpc');
    assert.equal(activeKey(rig), first);
    rig.chain.resume();
    await rig.passUntil(() => activeKey(rig) !== first);
    assert.ok(await rig.isAttested(activeKey(rig)));
  });

  it('47: a reorganisation drops the registration: signing pauses, and the same key is registered again', async () => {
    const rig = await newRig();
    await rig.passUntil(() => activeKey(rig));
    const before = activeKey(rig);
    await rig.chain.reorg(1);
    assert.ok(!(await rig.isAttested(before)));
    const seen = keysSeen(rig);
    await rig.passUntil(() => seen.includes('') && activeKey(rig));
    assert.deepEqual(new Set(seen), new Set(['', before]));
    assert.ok(await rig.isAttested(before));
  });

  it('48: a stuck transaction is replaced by one that pays a quarter more, and its nonce is used once', async () => {
    const rig = await newRig();
    await rig.passUntil(() => activeKey(rig));
    const first = activeKey(rig);
    await rig.chain.client.setAutomine(false);
    rig.rotate();
    await rig.passUntil(() => transactionsOf(rig).length === 1);
    const [stuck] = transactionsOf(rig);
    assert.ok(stuck);
    // Blocks without it: the pool has dropped it.
    await rig.chain.client.dropTransaction({ hash: `0x${stuck.hash}` });
    await rig.chain.mine(3);
    await rig.passUntil(() => transactionsOf(rig).length === 2);
    const [, replacement] = transactionsOf(rig);
    assert.equal(replacement?.nonce, stuck.nonce);
    assert.ok(BigInt(replacement?.maxFeePerGas ?? 0) >= (BigInt(stuck.maxFeePerGas) * 5n) / 4n);
    assert.equal(activeKey(rig), first);
    await rig.chain.mine();
    await rig.passUntil(() => activeKey(rig) !== first);
    assert.equal(await rig.chain.client.getTransactionCount({ address: rig.payer.address }), stuck.nonce + 1);
  });

  it('48: what an earlier process has left in the pool is replaced, though nothing is known of it', async () => {
    const rig = await newRig();
    await rig.passUntil(() => activeKey(rig));
    const first = activeKey(rig);
    await rig.chain.client.setAutomine(false);
    const left = await rig.chain.client.sendTransaction({
      account: rig.payer,
      to: rig.payer.address,
      maxFeePerGas: parseGwei('9'),
      maxPriorityFeePerGas: parseGwei('8'),
      chain: rig.chain.client.chain,
    });
    rig.rotate();
    await rig.passUntil(() => transactionsOf(rig).length === 1);
    await rig.chain.mine();
    await rig.passUntil(() => activeKey(rig) !== first);
    await assert.rejects(rig.chain.client.getTransactionReceipt({ hash: left }));
  });

  it('49: another program uses the account and takes the nonce: the registration goes out under the next one', async () => {
    const rig = await newRig();
    await rig.passUntil(() => activeKey(rig));
    const first = activeKey(rig);
    await rig.chain.client.setAutomine(false);
    rig.rotate();
    await rig.passUntil(() => transactionsOf(rig).length === 1);
    const [taken] = transactionsOf(rig);
    assert.ok(taken);
    await rig.chain.client.sendTransaction({
      account: rig.payer,
      to: rig.payer.address,
      nonce: taken.nonce,
      maxFeePerGas: parseGwei('50'),
      maxPriorityFeePerGas: parseGwei('50'),
      chain: rig.chain.client.chain,
    });
    await rig.chain.mine();
    await rig.passUntil(() => transactionsOf(rig).at(-1)?.nonce === taken.nonce + 1);
    await rig.chain.mine();
    await rig.passUntil(() => activeKey(rig) !== first);
    assert.ok(await rig.isAttested(activeKey(rig)));
  });

  it('50: an account without funds is an alarm that says what to do, and money ends it', async () => {
    const rig = await newRig({ isFunded: false });
    await rig.passUntil(() => latest(rig)?.lastFault);
    assert.equal(latest(rig)?.lastFault?.cause, 'funds');
    assert.ok(rig.lines.some((line) => line.includes('signer.rotation_failing') && line.includes('too little to pay')));
    await rig.chain.client.setBalance({ address: rig.payer.address, value: 10n ** 18n });
    await rig.passUntil(() => activeKey(rig));
  });

  it('50: an operator sends the registration that is shown, and the service needs no account', async () => {
    const rig = await newRig({ sender: 'external' });
    await rig.passUntil(() => rig.pending() !== undefined);
    const [operator] = rig.chain.accounts;
    assert.ok(operator);
    const call = rig.pending();
    assert.ok(call);
    assert.equal(activeKey(rig), '', rig.states().join());
    await rig.chain.client.sendTransaction({
      account: privateKeyToAccount(operator.privateKey),
      to: `0x${call.to}`,
      data: `0x${call.data}`,
      chain: rig.chain.client.chain,
    });
    await rig.passUntil(() => activeKey(rig));
    assert.equal(rig.pending(), undefined, rig.states().join());
  });

  it('50: an operator chooses the block of the quote, and a transaction of theirs that fails is noticed', async () => {
    const rig = await newRig({ sender: 'external' });
    const byHand = createByHand(rig);
    assert.ok(byHand);
    await rig.passUntil(() => rig.pending() !== undefined);
    const refused = rig.pending();
    assert.ok(refused);
    const [operator] = rig.chain.accounts;
    assert.ok(operator);
    const account = privateKeyToAccount(operator.privateKey);
    const send = ({ to, data }: { to: string; data: string }) =>
      rig.chain.client.sendTransaction({
        account,
        to: to as Hex,
        data: data as Hex,
        gas: 3_000_000n,
        chain: rig.chain.client.chain,
      });

    await write(rig, 'setRefusal', [toHex('TCBR')], rig.contracts.verifier);
    byHand.note((await send({ to: `0x${refused.to}`, data: `0x${refused.data}` })).slice(2));
    await rig.passUntil(() => latest(rig)?.lastFault);
    assert.match(latest(rig)?.lastFault?.detail ?? '', /^the transaction 0x[0-9a-f]{64} of the operator has failed/);
    await write(rig, 'setRefusal', ['0x'], rig.contracts.verifier);

    await rig.chain.mine(5);
    const { number, hash } = await rig.chain.client.getBlock({ blockTag: 'latest' });
    const early = await byHand.requote({ number: Number(number), hash: hash.slice(2) }, unending);
    assert.match((early as { problem: string }).problem, /^the registry takes blocks before \d+, the newest/);
    await rig.chain.mine();
    let call: { to: string; data: string; referenceBlock: number } | undefined;
    void byHand.requote({ number: Number(number), hash: hash.slice(2) }, unending).then((answer) => {
      call = answer as typeof call;
    });
    await rig.passUntil(() => call);
    assert.ok(call);
    assert.equal(call.referenceBlock, Number(number));
    const sent = await send(call);
    byHand.note(sent.slice(2));
    await rig.passUntil(() => activeKey(rig));
    const view = latest(rig);
    assert.ok(view?.state === 'active');
    assert.equal(view.registration.transaction, sent.slice(2));
    const late = await byHand.requote({ number: Number(number), hash: hash.slice(2) }, unending);
    assert.match((late as { problem: string }).problem, /^No key waits for a registration/);
  });

  it('51: a stale block leads to a new quote, and a measurement that is not allowed ends the key by name', async () => {
    const rig = await newRig({ confirmations: 1 });
    await rig.passUntil(() => activeKey(rig));
    const first = activeKey(rig);
    await rig.chain.client.setAutomine(false);
    rig.rotate();
    await rig.passUntil(() => transactionsOf(rig).length === 1);
    const quoted = latest(rig);
    assert.ok(quoted?.state === 'registering');
    await rig.chain.client.dropTransaction({ hash: `0x${transactionsOf(rig)[0]?.hash}` });
    await rig.chain.mine(110);
    await rig.passUntil(() => {
      const view = latest(rig);
      return view?.state === 'registering' && view.quote.sha256 !== quoted.quote.sha256;
    });
    await rig.chain.client.setAutomine(true);
    await rig.chain.mine();
    await rig.passUntil(() => activeKey(rig) !== first);
    await write(rig, 'setMeasurement', [toHex(new Uint8Array(32)), true]);
    const other = await newRig({ isAllowed: false });
    await other.passUntil(() => latest(other)?.state === 'abandoned');
    assert.equal(latest(other)?.lastFault?.cause, 'refused');
    assert.match(latest(other)?.lastFault?.detail ?? '', /tee measure.*MeasurementNotAllowed\(0x/);
  });

  it('51: a key that the guardian has revoked is retired, and another one is registered', async () => {
    const rig = await newRig();
    await rig.passUntil(() => activeKey(rig));
    const before = activeKey(rig);
    await write(rig, 'revokeProver', [`0x${before}`]);
    await rig.passUntil(() => activeKey(rig) !== before && activeKey(rig));
    assert.ok(rig.states().includes('retired'));
  });

  it('51: a quote that the DCAP verifier refuses is tried again, with the code of the verifier in the alarm', async () => {
    const rig = await newRig({
      prepare: (chain) => write(chain, 'setRefusal', [toHex('TCBR')], chain.contracts.verifier),
    });
    await rig.passUntil(() => latest(rig)?.lastFault);
    assert.match(latest(rig)?.lastFault?.detail ?? '', /QuoteRefused\(0x54434252\)/);
    await write(rig, 'setRefusal', ['0x'], rig.contracts.verifier);
    await rig.passUntil(() => activeKey(rig));
  });

  it('a fee beyond --tee-max-fee is not paid, and the alarm names the option', async () => {
    const rig = await newRig({ maxFee: 1n });
    await rig.passUntil(() => latest(rig)?.lastFault);
    assert.match(latest(rig)?.lastFault?.detail ?? '', /--tee-max-fee/);
    assert.equal(await rig.chain.client.getTransactionCount({ address: rig.payer.address }), 0);
  });

  it('20: a verifier that takes a fee is paid, and what is left comes back', async () => {
    const verifierFee = parseGwei('20000');
    const rig = await newRig({
      prepare: (chain) => write(chain, 'setFee', [verifierFee], chain.contracts.verifier),
    });
    await rig.passUntil(() => activeKey(rig));
    assert.ok(await rig.isAttested(activeKey(rig)));
    const { client } = rig.chain;
    assert.equal(await client.getBalance({ address: rig.contracts.verifier }), verifierFee);
    assert.equal(await client.getBalance({ address: rig.contracts.registry }), 0n);
    const view = latest(rig);
    assert.ok(view?.state === 'active' && view.registration.transaction);
    const receipt = await client.getTransactionReceipt({ hash: `0x${view.registration.transaction}` });
    const left = await client.getBalance({ address: rig.payer.address });
    assert.equal(left, 10n ** 18n - verifierFee - receipt.gasUsed * receipt.effectiveGasPrice);
  });

  it('20: a verifier that wants more than the gas costs is an alarm, and nothing is spent', async () => {
    const rig = await newRig({
      prepare: (chain) => write(chain, 'setFee', [10n ** 20n], chain.contracts.verifier),
      signers: {},
    });
    await rig.passUntil(() => latest(rig)?.lastFault);
    assert.match(latest(rig)?.lastFault?.detail ?? '', /asks more for a quote than its gas costs/);
    assert.equal(await rig.chain.client.getTransactionCount({ address: rig.payer.address }), 0);
  });

  it('51: a registration that reverts in its block is sent again under the next nonce, and counts when it is there', async () => {
    const rig = await newRig();
    await rig.passUntil(() => activeKey(rig));
    const first = activeKey(rig);
    await rig.chain.client.setAutomine(false);
    rig.rotate();
    await rig.passUntil(() => transactionsOf(rig).length === 1);
    const [reverted] = transactionsOf(rig);
    assert.ok(reverted);
    // It was tried without cost before; in its block it comes behind this one, which pays more.
    await write(rig, 'setRefusal', [toHex('TCBR')], rig.contracts.verifier, parseGwei('50'));
    await rig.chain.mine();
    await rig.passUntil(() => latest(rig)?.lastFault);
    assert.match(latest(rig)?.lastFault?.detail ?? '', /QuoteRefused/);
    await write(rig, 'setRefusal', ['0x'], rig.contracts.verifier);
    await rig.chain.mine();
    await rig.passUntil(() => transactionsOf(rig).at(-1)?.nonce === reverted.nonce + 1);
    // It waits for the new one, and does not take the old one's end for its own.
    const faults = rig.signers.counts.faults.get('reverted');
    let looks = 0;
    await rig.passUntil(() => ++looks > 20);
    assert.equal(rig.signers.counts.faults.get('reverted'), faults);
    await rig.chain.mine();
    await rig.passUntil(() => activeKey(rig) !== first);
    assert.equal(await rig.chain.client.getTransactionCount({ address: rig.payer.address }), reverted.nonce + 2);
  });
});
