// Registers a key with the contracts of a test, by a quote that the mock verifier believes.
import assert from 'node:assert/strict';
import { type Address, concatHex, type Hex, keccak256, pad, type TransactionReceipt, toHex } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { proverRegistry } from '../../contracts/generated/proverRegistry.js';
import type { Chain } from './chain.js';
import type { DeployedContracts } from './deployContracts.js';

const zeros = (bytes: number): Hex => toHex(new Uint8Array(bytes));

/** Of the quotes of this kit, whose registers are all 0: the id of what runs there. */
export const kitMeasurement = keccak256(concatHex(['0x01', zeros(240)]));
/** As long as one of Intel's. */
const quoteBytes = 5_006;
const headerBytes = 48;
const bodyBytes = 584;

/** The first account of the chain sends it. `prover` is bound to the last block. */
export async function registerProver(
  chain: Chain,
  { registry }: Pick<DeployedContracts, 'registry'>,
  prover: Address,
): Promise<TransactionReceipt> {
  const [sender] = chain.accounts;
  assert.ok(sender);
  const at = { address: registry, abi: proverRegistry.abi } as const;
  const block = await chain.client.getBlock();
  const data = { referenceBlockNumber: block.number, referenceBlockHash: block.hash, proverAddress: prover };
  const binding = await chain.client.readContract({ ...at, functionName: 'bindingHash', args: [data] });
  const body = concatHex([zeros(520), pad(prover, { size: 32 }), binding]);
  // Signatures and certificates have no zeros to speak of, and calldata is paid by its bytes.
  const rest = toHex(new Uint8Array(quoteBytes - headerBytes - bodyBytes).fill(0xa5));
  const hash = await chain.client.writeContract({
    ...at,
    functionName: 'register',
    args: [data, concatHex(['0x0400', zeros(headerBytes - 2), body, rest])],
    account: privateKeyToAccount(sender.privateKey),
    chain: chain.client.chain,
  });
  return await chain.client.waitForTransactionReceipt({ hash });
}
