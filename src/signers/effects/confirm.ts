// Waits until the registration of a key is deep enough in the chain.
import type { SignerEvent } from '../../machines/signer/rules.js';
import type { ConfirmOutcome } from '../registrar/registrar.js';
import { claimOf } from './claim.js';
import type { RegisterParameters } from './send.js';
import { taskEffect } from './task.js';

export const confirmEffect = ({ registrar, quotes, ...parameters }: RegisterParameters) => {
  const eventOf = (outcome: ConfirmOutcome): SignerEvent => {
    const at = parameters.clock.now();
    switch (outcome.kind) {
      case 'confirmed':
        return { type: 'CONFIRMED', registration: outcome.registration, at };
      case 'reverted':
        return { type: 'REVERTED', fault: outcome.fault, at };
      case 'nonce-taken':
        return { type: 'NONCE_TAKEN' };
      case 'window-passed':
        return { type: 'WINDOW_PASSED' };
    }
  };
  return taskEffect(
    parameters,
    async (context, { signal, tell }) => {
      const onReplaced = (transaction: (typeof context.transactions)[number]) =>
        tell({ type: 'REPLACED', transaction });
      return eventOf(await registrar.confirm(claimOf(context, quotes), context.transactions, onReplaced, signal));
    },
    (fault) => ({ type: 'REVERTED', fault, at: parameters.clock.now() }),
  );
};
