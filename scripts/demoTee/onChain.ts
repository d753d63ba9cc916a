// The chain of the demonstration: contracts, and what they say of keys and proofs.
import assert from 'node:assert/strict';
import { type Abi, BaseError, ContractFunctionRevertedError, concatHex, type Hex, toHex } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { devProvider } from '../../src/attestation/dev/devProvider.js';
import { parseQuote } from '../../src/attestation/verify/quote/parseQuote.js';
import { systemClock } from '../../src/clock.js';
import { multiProof } from '../../src/contracts/generated/multiProof.js';
import { proverRegistry } from '../../src/contracts/generated/proverRegistry.js';
import { systemRandom } from '../../src/random.js';
import { developmentMeasurements } from '../../src/service/attestProvider.js';
import { measurementIds } from '../../src/signers/measurementIds.js';
import { programVKeyOf } from '../../src/tee/programVKey.js';
import type { Chain } from '../../src/testkit/chain/chain.js';
import { type DeployedContracts, deployContracts } from '../../src/testkit/chain/deployContracts.js';
import type { DemoProof } from './proof.js';

export class ChainOfDemo {
  private constructor(
    private readonly chain: Chain,
    private readonly contracts: DeployedContracts,
  ) {}

  /** With the measurement of development quotes allowed. */
  static async deploy(chain: Chain): Promise<ChainOfDemo> {
    const provider = devProvider({ measurements: developmentMeasurements, clock: systemClock, random: systemRandom });
    const { quote } = await provider.quote(new Uint8Array(64), new AbortController().signal);
    const { plain } = measurementIds(parseQuote(quote).td);
    return new ChainOfDemo(chain, await deployContracts(chain, { measurements: [`0x${plain}`] }));
  }

  get registry(): Hex {
    return this.contracts.registry;
  }
  get multiProof(): Hex {
    return this.contracts.multiProof;
  }

  /** Seconds, by the chain. */
  async lifeLeft(prover: string): Promise<number> {
    const expiresAt = await this.chain.client.readContract({
      address: this.registry,
      abi: proverRegistry.abi,
      functionName: 'proverExpiresAt',
      args: [prover as Hex],
    });
    return Number(expiresAt - (await this.chain.client.getBlock()).timestamp);
  }

  async registrationGas(prover: string): Promise<string> {
    const [event] = await this.chain.client.getContractEvents({
      address: this.registry,
      abi: proverRegistry.abi,
      eventName: 'ProverRegistered',
      args: { prover: prover as Hex },
      fromBlock: 0n,
    });
    assert.ok(event);
    const { gasUsed } = await this.chain.client.getTransactionReceipt({ hash: event.transactionHash });
    return gasUsed.toLocaleString('en-US');
  }

  /** By the registry's owner, for good. */
  async revoke(prover: string): Promise<void> {
    await this.#write(this.registry, proverRegistry.abi, 'revokeProver', [prover as Hex]);
  }

  accepts = (proof: DemoProof): Promise<boolean> => this.#holds('verifyTEEProof', this.#argsOf(proof));

  /** In the form of an SP1 verifier contract, which a consumer of plonk and groth16 proofs calls already. */
  async acceptsAsSp1(proof: DemoProof): Promise<boolean> {
    const { client } = this.chain;
    const at = { address: this.multiProof, abi: multiProof.abi } as const;
    const hash = await client.readContract({ ...at, functionName: 'VERIFIER_HASH' });
    const proofBytes = concatHex([hash.slice(0, 10) as Hex, toHex(proof.signature)]);
    const programVKey: Hex = `0x${programVKeyOf(proof.vkHash)}`;
    return await this.#holds('verifyProof', [programVKey, toHex(proof.publicValues), proofBytes]);
  }

  /** Of a transaction that does nothing else. */
  async verificationGas(proof: DemoProof): Promise<string> {
    return await this.#write(this.multiProof, multiProof.abi, 'verifyTEEProof', this.#argsOf(proof));
  }

  /** By the first account. Answers the gas. */
  async #write(address: Hex, abi: Abi, functionName: string, args: readonly Hex[]): Promise<string> {
    const [owner] = this.chain.accounts;
    assert.ok(owner);
    const { client } = this.chain;
    const account = privateKeyToAccount(owner.privateKey);
    const hash = await client.writeContract({ address, abi, functionName, args, account, chain: client.chain });
    const { gasUsed, status } = await client.waitForTransactionReceipt({ hash });
    assert.equal(status, 'success');
    return gasUsed.toLocaleString('en-US');
  }

  #argsOf = ({ vkHash, publicValues, signature }: DemoProof): [Hex, Hex, Hex] => [
    `0x${vkHash}`,
    toHex(publicValues),
    toHex(signature),
  ];

  /** False when the contract says no; anything else is thrown. */
  async #holds(functionName: 'verifyTEEProof' | 'verifyProof', args: readonly Hex[]): Promise<boolean> {
    try {
      await this.chain.client.readContract({
        address: this.multiProof,
        abi: multiProof.abi,
        functionName,
        args,
      } as never);
      return true;
    } catch (error) {
      if (error instanceof BaseError && error.walk((each) => each instanceof ContractFunctionRevertedError))
        return false;
      throw error;
    }
  }
}
