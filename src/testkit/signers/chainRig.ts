// Signing keys that are registered on a real chain of a test: anvil, the contracts, an account that pays, and simulated time for the service.
import assert from 'node:assert/strict';
import { keccak256, toHex } from 'viem';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import { proverRegistry } from '../../contracts/generated/proverRegistry.js';
import { parseAddress } from '../../ids.js';
import { createLog } from '../../log.js';
import { type PendingCall, pendingRegistration } from '../../signers/pendingRegistration.js';
import { type ChainRegistrarParameters, createChainRegistrar } from '../../signers/registrar/chainRegistrar.js';
import { type Registrar, RegistrarError } from '../../signers/registrar/registrar.js';
import { createViemChain } from '../../signers/registrar/viemChain.js';
import { type Chain, startChain } from '../chain/chain.js';
import { type DeployedContracts, deployContracts } from '../chain/deployContracts.js';
import { createInFlight } from './inFlight.js';
import { createSignersRig, type RigParameters, type SignersRig } from './signersRig.js';

export interface ChainRig extends SignersRig<Registrar> {
  readonly chain: Chain;
  readonly contracts: DeployedContracts;
  /** Of the account that pays. */
  readonly payer: ReturnType<typeof privateKeyToAccount>;
  /**
   * Lets a second pass for the service, over and over, until this holds. A second passes when all that was asked of the real chain is
   * answered or given up, so that simulated time never runs away from a chain that is slow.
   */
  passUntil(holds: () => unknown): Promise<void>;
  /** A second passes, so often. */
  pass(seconds: number): Promise<void>;
  /** What an operator is to send. */
  pending(): PendingCall | undefined;
  /** Whether the registry knows this prover now. */
  isAttested(prover: string): Promise<boolean>;
}

export interface ChainRigParameters
  extends Partial<Pick<ChainRegistrarParameters, 'confirmations' | 'maxFee' | 'sender'>> {
  readonly signers?: Partial<RigParameters<Registrar>>;
  /** False: no measurement is allowed. */
  readonly isAllowed?: boolean;
  /** False: the account has nothing. */
  readonly isFunded?: boolean;
  /** Of one question to the RPC. By default longer than any takes: a chain on a busy machine is not away. */
  readonly timeoutMs?: number;
  /** Before the service begins. */
  readonly prepare?: (of: Pick<ChainRig, 'chain' | 'contracts'>) => Promise<void>;
}

/** What the rig's quotes say of the machine: 240 zeros. */
const measurement = keccak256(toHex(Uint8Array.of(1, ...new Uint8Array(240))));
const second = 1_000;
/** Seconds of the service's time. */
const mostSeconds = 600;

export async function createChainRig(of: ChainRigParameters = {}): Promise<ChainRig> {
  const chain = await startChain();
  const contracts = await deployContracts(chain, { measurements: of.isAllowed === false ? [] : [measurement] });
  const payerKey = generatePrivateKey();
  const payer = privateKeyToAccount(payerKey);
  if (of.isFunded !== false) await chain.client.setBalance({ address: payer.address, value: 10n ** 18n });
  await of.prepare?.({ chain, contracts });
  const registry = parseAddress(contracts.registry);
  assert.ok(registry);
  const viemChain = createViemChain({
    urls: [chain.url],
    chainId: chain.chainId,
    registry,
    isVersion2: () => true,
    accountKey: new Uint8Array(Buffer.from(payerKey.slice(2), 'hex')),
    timeoutMs: of.timeoutMs ?? 60_000,
  });
  const asking = createInFlight();
  const registrarOf: RigParameters<Registrar>['registrar'] = (clock) =>
    createChainRegistrar({
      chain: asking.watched(viemChain),
      chainId: chain.chainId,
      registry,
      binding: 'v2',
      sender: of.sender ?? 'self',
      confirmations: of.confirmations ?? 1,
      maxFee: of.maxFee ?? 100_000_000_000n,
      pollEveryMs: second,
      check: async () => {},
      clock,
      log: createLog('silent'),
    });
  const rig = await createSignersRig<Registrar>({ registrar: registrarOf, ...of.signers });
  async function passSecond(): Promise<void> {
    await rig.clock.advance(second);
    do {
      await asking.ended();
      await rig.settle();
    } while (asking.count > 0);
  }

  return {
    ...rig,
    chain,
    contracts,
    payer,
    async passUntil(holds) {
      for (let seconds = 0; !holds(); seconds += 1) {
        if (seconds > mostSeconds)
          throw new RegistrarError({ cause: 'unexpected', helps: 'nothing', detail: rig.states().join() });
        await passSecond();
      }
    },
    async pass(seconds) {
      for (let passed = 0; passed < seconds; passed += 1) await passSecond();
    },
    pending: () => pendingRegistration(rig.signers, rig.registrar),
    isAttested: (prover) =>
      chain.client.readContract({
        address: contracts.registry,
        abi: proverRegistry.abi,
        functionName: 'verifyAttestedProver',
        args: [`0x${prover}`],
      }),
    async end() {
      await rig.end();
      await chain.stop();
    },
  };
}
