// What a registry says about a key, all of it as of one block.
import { type Address, createPublicClient, getAddress, type Hex, http } from 'viem';
import { rpcWords } from './deploymentError.js';
import { proverRegistry } from './generated/proverRegistry.js';

export interface AskRegistryParameters {
  readonly rpcUrl: string;
  /** What the RPC must say that it is. */
  readonly chainId: number;
  /** 20 bytes in hex, without 0x, as the next one. */
  readonly registry: string;
  readonly prover: string;
}

export interface ProverRegistration {
  /** Registered, unexpired, unrevoked, of a measurement that is still allowed. */
  readonly isAttested: boolean;
  /** Unix seconds; 0 without a registration that counts. */
  readonly expiresAt: number;
  /** Of the block that was asked, in Unix seconds. */
  readonly blockTime: number;
  /** 32 bytes in hex, without 0x. */
  readonly measurement: string;
  /** As the DCAP verifier numbers it: 0 is UpToDate. */
  readonly tcbStatus: number;
  /** 2 binds chain and registry, 1 does not. */
  readonly binding: number;
  /** The DCAP verifier that accepted the quote: 20 bytes in hex, without 0x. */
  readonly verifier: string;
}

/** A stranger's RPC may hang (ms). Wrong if a healthy one takes longer. */
const timeout = 20_000;
const withoutPrefix = (hex: Hex) => hex.slice(2).toLowerCase();

/** Never rejects: what stood in the way is a sentence, which does not name the URL. */
export async function askRegistry(
  parameters: AskRegistryParameters,
): Promise<ProverRegistration | { readonly problem: string }> {
  try {
    return await ask(parameters);
  } catch (error) {
    return { problem: `The registry cannot be asked: ${rpcWords(error)}` };
  }
}

async function ask({ rpcUrl, chainId, registry, prover }: AskRegistryParameters) {
  const rpc = createPublicClient({ transport: http(rpcUrl, { timeout, retryCount: 1 }) });
  const found = await rpc.getChainId();
  if (found !== chainId) return { problem: `The RPC speaks for chain ${found}, not for chain ${chainId}.` };
  const block = await rpc.getBlock();
  const address: Address = getAddress(`0x${registry}`);
  const code = await rpc.getCode({ address, blockNumber: block.number });
  if (code === undefined || code === '0x')
    return { problem: `There is no contract at ${address} on chain ${chainId}.` };
  const at = { address, abi: proverRegistry.abi, args: [`0x${prover}`], blockNumber: block.number } as const;
  const [isAttested, expiresAt, [registration, measurement]] = await Promise.all([
    rpc.readContract({ ...at, functionName: 'verifyAttestedProver' }),
    rpc.readContract({ ...at, functionName: 'proverExpiresAt' }),
    rpc.readContract({ ...at, functionName: 'registrationOf' }),
  ]);
  return {
    isAttested,
    expiresAt: Number(expiresAt),
    blockTime: Number(block.timestamp),
    measurement: withoutPrefix(measurement),
    tcbStatus: registration.tcbStatus,
    binding: registration.binding,
    verifier: withoutPrefix(registration.verifier),
  };
}
