// An operator registers the key of a service as a process: by the admin socket, a wallet of theirs, and a chain that the service only reads.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, it } from 'node:test';
import type { Hex } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { devProvider } from '../../src/attestation/dev/devProvider.js';
import { parseQuote } from '../../src/attestation/verify/quote/parseQuote.js';
import { systemClock } from '../../src/clock.js';
import { proverRegistry } from '../../src/contracts/generated/proverRegistry.js';
import { systemRandom } from '../../src/random.js';
import { developmentMeasurements } from '../../src/service/attestProvider.js';
import { measurementIds } from '../../src/signers/measurementIds.js';
import { startChain } from '../../src/testkit/chain/chain.js';
import { deployContracts } from '../../src/testkit/chain/deployContracts.js';
import { post } from '../../src/testkit/service/adminCalls.js';
import { createServiceRig } from '../../src/testkit/service/serviceRig.js';

const ended: Array<() => Promise<unknown>> = [];
after(async () => {
  for (const end of ended.reverse()) await end();
});

it('50: an operator registers the key of a running service by hand', { timeout: 600_000 }, async () => {
  const chain = await startChain();
  ended.push(() => chain.stop());
  const provider = devProvider({ measurements: developmentMeasurements, clock: systemClock, random: systemRandom });
  const { quote } = await provider.quote(new Uint8Array(64), new AbortController().signal);
  const { registry } = await deployContracts(chain, {
    measurements: [`0x${measurementIds(parseQuote(quote).td).plain}`],
  });
  const place = { 'tee-registry': registry, 'tee-chain-id': `${chain.chainId}`, 'tee-rpc': chain.url };
  const rig = await createServiceRig({
    flags: { tee: 'dev', 'cpu-prove-lanes': '0', 'tee-registrar': 'external', ...place },
  });
  ended.push(() => rig.end());
  const service = await rig.serve();
  await service.until(({ event, to }) => event === 'signer.transition' && `${to}`.startsWith('registering'));

  const ask = (path: string, body: object) => post({ path: join(rig.data, 'admin.sock') }, path, JSON.stringify(body));
  const { number, hash } = await chain.client.getBlock({ blockTag: 'latest' });
  await chain.mine(2);
  const asked = await ask('/tee/registration', { blockNumber: Number(number), blockHash: hash });
  assert.equal(asked.status, 200, JSON.stringify(asked.body));
  const { chainId, to, data, referenceHash } = asked.body as {
    chainId: number;
    to: Hex;
    data: Hex;
    referenceHash: Hex;
  };
  assert.deepEqual([chainId, to.toLowerCase(), referenceHash], [chain.chainId, registry.toLowerCase(), hash]);

  const [wallet] = chain.accounts;
  assert.ok(wallet);
  const account = privateKeyToAccount(wallet.privateKey);
  // It says so before it is in a block: the service looks by itself, too.
  await chain.client.setAutomine(false);
  const txHash = await chain.client.sendTransaction({ account, to, data, chain: chain.client.chain });
  assert.equal((await ask('/tee/registered', { txHash })).status, 202);
  await chain.mine();
  await service.until(({ event, to: state }) => event === 'signer.transition' && state === 'active');
  const [signer] = (await signersOf(rig.url, ({ state }) => state === 'active')) as [Shown];
  assert.equal(signer.registration?.transaction, txHash);
  const at = { address: registry, abi: proverRegistry.abi } as const;
  assert.ok(await chain.client.readContract({ ...at, functionName: 'verifyAttestedProver', args: [signer.address] }));
  assert.equal((await ask('/tee/registered', { txHash })).status, 409);
  assert.equal(await service.stop(), 0);
});

interface Shown {
  readonly state: string;
  readonly address: Hex;
  readonly registration?: { readonly transaction?: string };
}

/** What is on disk is answered a moment after its line in the log. */
async function signersOf(url: string, holds: (first: Shown) => boolean): Promise<readonly Shown[]> {
  for (;;) {
    const { signers } = (await (await fetch(`${url}/tee/signers`)).json()) as { signers: readonly Shown[] };
    if (signers[0] && holds(signers[0])) return signers;
  }
}
