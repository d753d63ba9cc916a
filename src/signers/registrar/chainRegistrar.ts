// Registers keys in a registry on a chain, with an account of its own or by the hand of the operator.
import type { Clock } from '../../clock.js';
import type { Address } from '../../ids.js';
import type { Log } from '../../log.js';
import type { ReferenceBlock, SignerFault } from '../../machines/signer/rules.js';
import { type Binding, registryReportData } from '../../tee/reportData.js';
import { faultOf } from './chainFaults.js';
import { createChainTime } from './chainTime.js';
import { confirmRegistration } from './confirmRegistration.js';
import { awaitExternal, type Wishes } from './externalRegistration.js';
import { type Claim, type Registrar, RegistrarError, type SendOutcome } from './registrar.js';
import type { RegistryChain } from './registryChain.js';
import { sendRegistration } from './sendRegistration.js';

export interface ChainRegistrarParameters {
  readonly chain: RegistryChain;
  readonly chainId: number;
  readonly registry: Address;
  readonly binding: Binding;
  /** `external`: the operator sends what is shown. */
  readonly sender: 'self' | 'external';
  readonly confirmations: number;
  /** Of maxFeePerGas, in wei. */
  readonly maxFee: bigint;
  /** Between two looks at the chain (ms). */
  readonly pollEveryMs: number;
  /** Looks whether this registry may be used at all, until it has said yes once. Rejects with a RegistrarError. */
  readonly check: () => Promise<void>;
  readonly clock: Clock;
  readonly log: Log;
}

/** Blocks in which nothing of it is seen; then it is replaced by one that pays more. */
const stuckAfter = 3;
/** Blocks that are left for the transaction itself: a quote that is nearly too old is made anew. */
const windowMargin = 2;

export function createChainRegistrar(parameters: ChainRegistrarParameters): Registrar {
  const { chain, chainId, registry, binding, check } = parameters;
  const place = { chainId, registry };
  const time = createChainTime(parameters);
  let isChecked = false;
  let window = 0;

  async function faulty<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof RegistrarError) throw error;
      throw new RegistrarError(faultOf(error), { cause: error });
    }
  }
  const wishes: Wishes = { reference: undefined, transaction: undefined };

  /** The operator's choice, once. */
  function chosenReference(): ReferenceBlock | undefined {
    const { reference } = wishes;
    wishes.reference = undefined;
    return reference;
  }

  const byHand: Registrar['byHand'] = {
    chooseReference: (reference) =>
      faulty(async () => {
        window = await chain.maxBlockNumberDiff();
        const head = await time.look();
        // The registry compares the hash itself. A block that is too old, or is none yet, would only cost a transaction.
        if (reference.number >= head.number || !isInWindow(reference))
          throw new RegistrarError(unfit(head.number, window));
        wishes.reference = reference;
        time.wake();
      }),
    noteTransaction(hash) {
      wishes.transaction = hash;
      time.wake();
    },
    isNoted: () => wishes.transaction !== undefined,
  };

  const isInWindow = ({ number }: ReferenceBlock) => (time.head()?.number ?? 0) - number + windowMargin < window;

  async function send(claim: Claim, earlier: Parameters<Registrar['send']>[1]): Promise<SendOutcome> {
    const head = await time.look();
    if (parameters.sender === 'external') return { kind: 'handed-over' };
    // One of the earlier ones was mined while nobody looked.
    const receipts = await chain.receipts(earlier.map(({ hash }) => hash));
    if (receipts.some(({ isSuccess }) => isSuccess)) return { kind: 'handed-over' };
    if (!isInWindow(claim.reference)) return { kind: 'window-passed' };
    return { kind: 'sent', transaction: await sendRegistration(parameters, claim, earlier, head.number) };
  }

  return {
    place: { kind: 'chain', ...place },
    now: () => time.now(),
    onTime: (listener) => time.onTime(listener),
    reference: () =>
      faulty(async () => {
        if (!isChecked) await check();
        isChecked = true;
        window = await chain.maxBlockNumberDiff();
        const { number, parentHash } = await time.look();
        const chosen = chosenReference();
        if (chosen !== undefined) return chosen;
        // The newest block itself is no past one where the registration is tried without cost.
        return { number: number - 1, hash: parentHash };
      }),
    reportData: (address, reference) => registryReportData(binding, place, address, reference),
    isInWindow,
    send: (claim, earlier) => faulty(() => send(claim, earlier)),
    confirm(claim, sent, onReplaced, signal) {
      const parts = { ...parameters, time, stuckAfter, wishes, isInWindow: () => isInWindow(claim.reference) };
      return parameters.sender === 'external'
        ? awaitExternal(parts, claim, signal)
        : confirmRegistration(parts, claim, sent, onReplaced, signal);
    },
    call: (claim) =>
      parameters.sender === 'self' ? undefined : { chainId, to: registry, data: chain.calldata(claim) },
    ...(parameters.sender === 'external' && { byHand }),
    balance: async () => (parameters.sender === 'self' ? chain.balance().catch(() => undefined) : undefined),
    async standing({ address }) {
      const { expiresAt, isRevoked } = await chain.registrationOf(address);
      return isRevoked ? 'revoked' : expiresAt === 0 ? 'gone' : 'registered';
    },
    close: () => time.close(),
  };
}

const unfit = (head: number, window: number): SignerFault => ({
  cause: 'stale-block',
  helps: 'new-quote',
  detail: `the registry takes blocks before ${head}, the newest, and fewer than ${window - windowMargin} back`,
});
