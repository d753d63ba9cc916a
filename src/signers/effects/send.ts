// Sends the registration of a key, or leaves that to its operator.
import type { SignerEvent } from '../../machines/signer/rules.js';
import type { Quotes } from '../quotes.js';
import type { Registrar, SendOutcome } from '../registrar/registrar.js';
import { claimOf } from './claim.js';
import { type TaskParameters, taskEffect } from './task.js';

export interface RegisterParameters extends TaskParameters {
  readonly registrar: Registrar;
  readonly quotes: Quotes;
}

export const sendEffect = ({ registrar, quotes, ...parameters }: RegisterParameters) => {
  const eventOf = (outcome: SendOutcome): SignerEvent => {
    switch (outcome.kind) {
      case 'sent':
        return { type: 'SENT', transaction: outcome.transaction };
      case 'handed-over':
        return { type: 'HANDED_OVER' };
      case 'reverted':
        return { type: 'REVERTED', fault: outcome.fault, at: parameters.clock.now() };
      case 'window-passed':
        return { type: 'WINDOW_PASSED' };
    }
  };
  return taskEffect(
    parameters,
    async (context, { signal }) =>
      eventOf(await registrar.send(claimOf(context, quotes), context.transactions, signal)),
    (fault) =>
      fault.helps === 'again'
        ? { type: 'SEND_FAILED', fault, at: parameters.clock.now() }
        : { type: 'REVERTED', fault, at: parameters.clock.now() },
  );
};
