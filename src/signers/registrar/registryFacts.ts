// What a registry says of itself before a key is registered there.
import { type Abi, getAddress, type PublicClient } from 'viem';
import { type Address, parseAddress } from '../../ids.js';
import { abi, prefixed } from './viemChain.js';
import { chainErrorOf } from './viemErrors.js';

export interface RegistryFacts {
  readonly chainId: number;
  readonly hasCode: boolean;
  readonly verifier: Address | undefined;
  readonly verifierHasCode: boolean;
  /** The verifier says of itself that it checks nothing. */
  readonly isMock: boolean;
  readonly owner: Address | undefined;
  /** Of version 2 only; hex. */
  readonly domainSeparator: string | undefined;
  readonly v1Enabled: boolean;
  /** A bit for each TCB status. Of version 2 only. */
  readonly acceptedTcb: number | undefined;
}

/** Rejects with a ChainError when the chain cannot be asked. */
export async function readRegistryFacts(client: PublicClient, registry: Address): Promise<RegistryFacts> {
  try {
    const address = getAddress(prefixed(registry));
    const chainId = await client.getChainId();
    const hasCode = await isContract(client, registry);
    if (!hasCode) return { ...nothing, chainId };
    /** Undefined for what this contract does not know. */
    const ask = async (functionName: string, of = address): Promise<unknown> => {
      try {
        return await client.readContract({ abi: abi as Abi, address: of, functionName });
      } catch (error) {
        const { problem } = chainErrorOf(error);
        if (problem === 'down') throw error;
        return undefined;
      }
    };
    const verifier = addressIn(await ask('dcapAttestationVerifier'));
    const verifierHasCode = verifier !== undefined && (await isContract(client, verifier));
    const separator = await ask('domainSeparator');
    return {
      chainId,
      hasCode,
      verifier,
      verifierHasCode,
      isMock: verifierHasCode && (await ask('IS_MOCK', getAddress(prefixed(verifier)))) === true,
      owner: addressIn(await ask('owner')),
      domainSeparator: typeof separator === 'string' ? separator.slice(2) : undefined,
      v1Enabled: (await ask('v1Enabled')) === true,
      acceptedTcb: numberIn(await ask('acceptedTcb')),
    };
  } catch (error) {
    throw chainErrorOf(error);
  }
}

const nothing = {
  hasCode: false,
  verifier: undefined,
  verifierHasCode: false,
  isMock: false,
  owner: undefined,
  domainSeparator: undefined,
  v1Enabled: false,
  acceptedTcb: undefined,
};

const numberIn = (value: unknown) => (typeof value === 'bigint' ? Number(value) : undefined);
const addressIn = (value: unknown) => (typeof value === 'string' ? parseAddress(value) : undefined);

async function isContract(client: PublicClient, address: Address): Promise<boolean> {
  const code = await client.getCode({ address: prefixed(address) });
  return code !== undefined && code !== '0x';
}
