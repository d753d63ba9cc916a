// Waits for a registration that the operator sends: the registry itself says when it is there. The operator may choose the block that the quote is
// over, and may name the transaction, so that one that has failed is noticed.
import type { ReferenceBlock, SignerFault } from '../../machines/signer/rules.js';
import type { ConfirmParameters } from './confirmRegistration.js';
import type { Claim, ConfirmOutcome } from './registrar.js';
import { ChainError } from './registryChain.js';

/** What the operator has said. */
export interface Wishes {
  /** Of the next quote. */
  reference: ReferenceBlock | undefined;
  /** Of the transaction that was sent, in hex. */
  transaction: string | undefined;
}

type ExternalParameters = Pick<ConfirmParameters, 'chain' | 'time' | 'confirmations' | 'isInWindow'> & {
  readonly wishes: Wishes;
};

export async function awaitExternal(
  { chain, time, confirmations, isInWindow, wishes }: ExternalParameters,
  claim: Claim,
  signal: AbortSignal,
): Promise<ConfirmOutcome> {
  /** The block in which it was seen first, for as long as it stays. */
  let since: number | undefined;
  // What was sent before was of an earlier quote.
  wishes.transaction = undefined;
  for (;;) {
    signal.throwIfAborted();
    try {
      const { number } = await time.look();
      const { registeredAt, expiresAt } = await chain.registrationOf(claim.address);
      const sent = await sentReceipt();
      if (expiresAt > time.now()) {
        since ??= number;
        const of = sent?.isSuccess ? { transaction: sent.hash, block: sent.block } : {};
        if (number - since + 1 >= confirmations)
          return { kind: 'confirmed', registration: { registeredAt, expiresAt, ...of } };
      } else {
        since = undefined;
        if (sent !== undefined && !sent.isSuccess) return { kind: 'reverted', fault: failed(sent.hash) };
        if (wishes.reference !== undefined || !isInWindow(claim)) return { kind: 'window-passed' };
      }
    } catch (error) {
      if (!(error instanceof ChainError)) throw error;
    }
    await time.next(signal);
  }

  async function sentReceipt() {
    const { transaction } = wishes;
    return transaction === undefined ? undefined : (await chain.receipts([transaction]))[0];
  }
}

const failed = (hash: string): SignerFault => ({
  cause: 'reverted',
  helps: 'new-quote',
  detail: `the transaction 0x${hash} of the operator has failed. Send the new registration that is shown`,
});
