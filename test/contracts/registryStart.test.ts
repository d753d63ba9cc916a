// A registry is looked at before the first key is registered there.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Address } from '../../src/ids.js';
import { parseAddress } from '../../src/ids.js';
import { readRegistryFacts } from '../../src/signers/registrar/registryFacts.js';
import { type RegistryExpectations, registryProblem } from '../../src/signers/registrar/registryProblem.js';
import { connect } from '../../src/signers/registrar/viemChain.js';
import { type Chain, startChain } from '../../src/testkit/chain/chain.js';
import { type DeployedContracts, deployContracts } from '../../src/testkit/chain/deployContracts.js';

let chain: Chain;
let contracts: DeployedContracts;
before(async () => {
  chain = await startChain();
  contracts = await deployContracts(chain);
});
after(() => chain.stop());

const nobody = '77'.repeat(20) as Address;

async function problemOf(expected: Partial<RegistryExpectations> = {}): Promise<string | undefined> {
  const registry = expected.registry ?? (parseAddress(contracts.registry) as Address);
  const facts = await readRegistryFacts(connect({ urls: [chain.url], timeoutMs: 60_000 }), registry);
  return registryProblem(facts, {
    chainId: 31337,
    binding: 'v2',
    isProduction: false,
    tcbStatuses: [0],
    ...expected,
    registry,
  });
}

describe('52: a registry is', () => {
  it('taken for development', async () => assert.equal(await problemOf(), undefined));

  it('refused on another chain', async () =>
    assert.match((await problemOf({ chainId: 1 })) ?? '', /serves chain 31337, and --tee-chain-id is 1/));

  it('refused without code', async () =>
    assert.match((await problemOf({ registry: nobody })) ?? '', /There is no contract at 0x7777/));

  it('refused when it is none', async () =>
    assert.match(
      (await problemOf({ registry: parseAddress(contracts.verifier) as Address })) ?? '',
      /no prover registry/,
    ));

  it('refused in production when its verifier is a mock', async () =>
    assert.match((await problemOf({ isProduction: true })) ?? '', /is a mock, which believes every quote/));

  it('refused with binding v1 when it takes none', async () =>
    assert.match((await problemOf({ binding: 'v1' })) ?? '', /takes no quotes of binding v1/));

  it('refused when its verifier is gone, when it belongs to everybody, when it is of the first version', () => {
    const facts = {
      chainId: 31337,
      hasCode: true,
      verifier: nobody,
      verifierHasCode: true,
      isMock: false,
      owner: parseAddress(chain.accounts[0]?.address ?? ''),
      domainSeparator: undefined,
      v1Enabled: false,
      acceptedTcb: 0b10001,
    };
    const expected = {
      chainId: 31337,
      registry: nobody,
      binding: 'v1',
      isProduction: true,
      tcbStatuses: [4, 0],
    } as const;
    assert.match(registryProblem({ ...facts, verifierHasCode: false }, expected) ?? '', /there is no contract/);
    assert.match(registryProblem(facts, expected) ?? '', /an account of anvil/);
    assert.match(registryProblem(facts, { ...expected, binding: 'v2' }) ?? '', /of the first version/);
    const other = { ...facts, domainSeparator: '00'.repeat(32) };
    assert.match(registryProblem(other, { ...expected, binding: 'v2' }) ?? '', /has another domain/);
    assert.equal(registryProblem({ ...facts, owner: nobody }, expected), undefined);
    assert.match(
      registryProblem({ ...facts, owner: nobody }, { ...expected, tcbStatuses: [0] }) ?? '',
      /accepts the TCB statuses 0,4, where 0 is stated\. Say --tee-tcb-statuses 0,4/,
    );
  });
});
