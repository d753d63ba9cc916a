// A chain with a registry, through viem. Loaded only where a registry is configured: viem takes a while to load.
import {
  type Abi,
  createPublicClient,
  encodeFunctionData,
  fallback,
  getAddress,
  type Hex,
  http,
  keccak256,
  type PublicClient,
  parseAbi,
  TransactionReceiptNotFoundError,
  toHex,
} from 'viem';
import { type PrivateKeyAccount, privateKeyToAccount } from 'viem/accounts';
import type { Address } from '../../ids.js';
import type { Claim } from './registrar.js';
import { registryAbi } from './registryAbi.js';
import { ChainError, type Head, type RegistryChain, type Unsent } from './registryChain.js';
import { chainErrorOf, isLostAnswer } from './viemErrors.js';

export interface ViemChainParameters {
  /** The first that answers is taken. */
  readonly urls: readonly string[];
  readonly chainId: number;
  readonly registry: Address;
  /** Whether the registry is of version 2, which knows its provers' ends and revocations. */
  readonly isVersion2: () => boolean;
  /** Of the account that pays. Absent where the operator sends. */
  readonly accountKey?: Uint8Array | undefined;
  /** Of one question to one URL (ms). */
  readonly timeoutMs: number;
}

export const abi = parseAbi(registryAbi);

/** Undecorated hex, as ids are written here, in viem's form and back. */
export const prefixed = (hex: string): Hex => `0x${hex}`;
const plain = (hex: Hex): string => hex.slice(2);

export const connect = ({ urls, timeoutMs }: Pick<ViemChainParameters, 'urls' | 'timeoutMs'>): PublicClient =>
  createPublicClient({
    // No answer is kept: the newest block is asked for because something may have changed.
    cacheTime: 0,
    transport: fallback(
      urls.map((url) => http(url, { timeout: timeoutMs, retryCount: 0 })),
      { retryCount: 0 },
    ),
  });

export function createViemChain(parameters: ViemChainParameters): RegistryChain {
  const { chainId, isVersion2 } = parameters;
  const client = connect(parameters);
  const registry = getAddress(prefixed(parameters.registry));
  const account = parameters.accountKey && privateKeyToAccount(toHex(parameters.accountKey));

  const asked = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw chainErrorOf(error);
    }
  };
  const read = async <T>(functionName: string, ...args: unknown[]): Promise<T> =>
    (await client.readContract({ abi: abi as Abi, address: registry, functionName, args })) as T;

  const calldata = ({ address, reference, quote }: Claim): Hex =>
    encodeFunctionData({
      abi,
      functionName: 'register',
      args: [
        {
          referenceBlockNumber: BigInt(reference.number),
          referenceBlockHash: prefixed(reference.hash),
          proverAddress: prefixed(address),
        },
        toHex(quote),
      ],
    });

  async function broadcast(claim: Claim, payer: PrivateKeyAccount, { nonce, gas, ...fees }: Unsent): Promise<string> {
    const data = calldata(claim);
    const raw = await payer.signTransaction({ type: 'eip1559', chainId, to: registry, data, nonce, gas, ...fees });
    const hash = plain(keccak256(raw));
    try {
      await client.sendRawTransaction({ serializedTransaction: raw });
    } catch (error) {
      // It may have arrived all the same, and then its hash must be watched.
      if (!isLostAnswer(error)) throw error;
    }
    return hash;
  }

  return {
    head: () =>
      asked(async () => {
        const { number, parentHash, timestamp } = await client.getBlock({ blockTag: 'latest' });
        return headOf({ number: Number(number), parentHash: plain(parentHash ?? '0x'), timestamp: Number(timestamp) });
      }),
    registrationOf: (prover) =>
      asked(async () => {
        const address = prefixed(prover);
        const registeredAt = Number(await read<bigint>('attestedProvers', address));
        if (!isVersion2()) {
          const validFor = Number(await read<bigint>('attestValiditySeconds'));
          return { registeredAt, expiresAt: registeredAt === 0 ? 0 : registeredAt + validFor, isRevoked: false };
        }
        const expiresAt = Number(await read<bigint>('proverExpiresAt', address));
        // Registered and yet without an end: its measurement is not allowed any more.
        const isRevoked = expiresAt === 0 && (registeredAt > 0 || (await read<boolean>('isProverRevoked', address)));
        return { registeredAt, expiresAt, isRevoked };
      }),
    maxBlockNumberDiff: () => asked(async () => Number(await read<bigint>('maxBlockNumberDiff'))),
    fees: () => asked(() => client.estimateFeesPerGas()),
    nonce: () => asked(() => client.getTransactionCount({ address: payerOf(account).address, blockTag: 'latest' })),
    balance: () => asked(() => client.getBalance({ address: payerOf(account).address })),
    estimateGas: (claim, payment) =>
      asked(() =>
        client.estimateContractGas({
          abi,
          address: registry,
          functionName: 'register',
          account: payerOf(account),
          // What waits in the pool may be our own registration.
          blockTag: 'latest',
          ...payment,
          args: [
            {
              referenceBlockNumber: BigInt(claim.reference.number),
              referenceBlockHash: prefixed(claim.reference.hash),
              proverAddress: prefixed(claim.address),
            },
            toHex(claim.quote),
          ],
        }),
      ),
    send: (claim, transaction) => asked(() => broadcast(claim, payerOf(account), transaction)),
    receipts: (hashes) =>
      asked(async () => {
        const found = await Promise.all(
          hashes.map((hash) =>
            client.getTransactionReceipt({ hash: prefixed(hash) }).catch((error: unknown) => {
              if (error instanceof TransactionReceiptNotFoundError) return undefined;
              throw error;
            }),
          ),
        );
        return found.flatMap((receipt) =>
          receipt === undefined
            ? []
            : [
                {
                  hash: plain(receipt.transactionHash),
                  block: Number(receipt.blockNumber),
                  isSuccess: receipt.status === 'success',
                },
              ],
        );
      }),
    calldata: (claim) => plain(calldata(claim)),
  };
}

/** An RPC may answer anything, and viem passes much of it on. Throws a ChainError. */
function headOf(head: Head): Head {
  const isBlock =
    Number.isSafeInteger(head.number) &&
    head.number > 0 &&
    Number.isSafeInteger(head.timestamp) &&
    /^[0-9a-f]{64}$/.test(head.parentHash);
  if (!isBlock) throw new ChainError('other', 'the RPC answers with a block that is none');
  return head;
}

function payerOf(account: PrivateKeyAccount | undefined): PrivateKeyAccount {
  if (account === undefined) throw new Error('the operator sends registrations here');
  return account;
}
