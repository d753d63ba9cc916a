// The contracts of TEE proofs on a chain of a test: a verifier that believes every quote, the registry, MultiProof.
import assert from 'node:assert/strict';
import type { Hex } from 'viem';
import { type Deployment, deployContracts as deploy } from '../../contracts/deployContracts.js';
import type { Chain } from './chain.js';

export type DeployedContracts = Deployment;

export interface DeployContractsParameters {
  /** Ids of what may register. */
  readonly measurements?: readonly Hex[];
}

/** The first account of the chain deploys and owns them, and the second is the guardian. The chain must mine by itself. */
export async function deployContracts(
  chain: Chain,
  { measurements = [] }: DeployContractsParameters = {},
): Promise<DeployedContracts> {
  const [owner, guardian] = chain.accounts;
  assert.ok(owner && guardian);
  return await deploy({
    rpcUrl: chain.url,
    chainId: chain.chainId,
    privateKey: owner.privateKey,
    verifier: 'mock',
    guardian: guardian.address,
    measurements,
  });
}
