// Waits for a registration: looks for all transactions of its nonce with each new block, replaces the last one when it is stuck, and
// believes it when it is deep enough and the registry says so itself.
import type { Registration, SentTransaction } from '../../machines/signer/rules.js';
import { faultOf } from './chainFaults.js';
import type { ChainTime } from './chainTime.js';
import { type Claim, type ConfirmOutcome, RegistrarError } from './registrar.js';
import { ChainError, type Head, type Receipt } from './registryChain.js';
import { type SendParameters, sendRegistration } from './sendRegistration.js';
import { tryRegistration } from './tryRegistration.js';

export interface ConfirmParameters extends SendParameters {
  readonly time: ChainTime;
  readonly confirmations: number;
  /** Blocks after which a transaction that is in none of them counts as stuck. */
  readonly stuckAfter: number;
  /** Whether the registry still takes the block of this claim. */
  readonly isInWindow: (claim: Claim) => boolean;
}

/** A node may know the account's new nonce before it knows the receipt: so often it is asked again. */
const mostMissing = 3;

export async function confirmRegistration(
  parameters: ConfirmParameters,
  claim: Claim,
  sent: readonly SentTransaction[],
  onReplaced: (transaction: SentTransaction) => void,
  signal: AbortSignal,
): Promise<ConfirmOutcome> {
  const { chain, time } = parameters;
  const all = [...sent];
  let missing = 0;
  for (;;) {
    signal.throwIfAborted();
    try {
      const outcome = await look(await time.look());
      if (outcome !== undefined) return outcome;
    } catch (error) {
      // A chain that cannot be asked has decided nothing.
      if (!(error instanceof ChainError) && !(error instanceof RegistrarError)) throw error;
    }
    await time.next(signal);
  }

  async function look(head: Head): Promise<ConfirmOutcome | undefined> {
    const receipts = await chain.receipts(all.map(({ hash }) => hash));
    const last = all.at(-1);
    // An earlier nonce that failed is over. One that did not registers the key whatever came after it.
    const ofLast = ({ hash }: Receipt) => nonceOf(hash) === last?.nonce;
    const mined = receipts.find(({ isSuccess }) => isSuccess) ?? receipts.find(ofLast);
    if (mined !== undefined) return judge(mined, head);
    if (last !== undefined && (await chain.nonce()) > last.nonce) {
      missing += 1;
      return missing >= mostMissing ? { kind: 'nonce-taken' } : undefined;
    }
    missing = 0;
    if (!parameters.isInWindow(claim)) return { kind: 'window-passed' };
    if (last !== undefined && head.number - last.block >= parameters.stuckAfter) await replace(head.number);
    return undefined;
  }

  function nonceOf(hash: string): number | undefined {
    return all.find((each) => each.hash === hash)?.nonce;
  }

  async function judge(mined: Receipt, head: Head): Promise<ConfirmOutcome | undefined> {
    if (!mined.isSuccess) return { kind: 'reverted', fault: await reasonOf(claim) };
    if (head.number - mined.block + 1 < parameters.confirmations) return undefined;
    const { registeredAt, expiresAt, isRevoked } = await chain.registrationOf(claim.address);
    if (isRevoked) {
      const detail = 'the registry has revoked this key, or does not allow any more what runs here';
      return { kind: 'reverted', fault: { cause: 'refused', helps: 'nothing', detail } };
    }
    // A node that lags behind the one with the receipt.
    if (expiresAt === 0) return undefined;
    const registration: Registration = { registeredAt, expiresAt, transaction: mined.hash, block: mined.block };
    return { kind: 'confirmed', registration };
  }

  /** By trying it again without cost. */
  async function reasonOf(reverted: Claim) {
    try {
      await tryRegistration(chain, reverted, await chain.fees());
    } catch (error) {
      return error instanceof RegistrarError ? error.fault : faultOf(error);
    }
    return { cause: 'reverted', helps: 'again', detail: 'the registration has failed and would not fail now' } as const;
  }

  async function replace(block: number): Promise<void> {
    const replacement = await sendRegistration(parameters, claim, all, block);
    const isNew = all.every(({ hash }) => hash !== replacement.hash);
    all.push(replacement);
    if (isNew) onReplaced(replacement);
  }
}
