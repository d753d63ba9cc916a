// What the effects of a signer have in common: something asynchronous that ends in one event, and hears when its state is left.
import { fromCallback } from 'xstate';
import type { Clock } from '../../clock.js';
import type { Log } from '../../log.js';
import type { SignerContext, SignerEvent, SignerFault } from '../../machines/signer/rules.js';
import { RegistrarError } from '../registrar/registrar.js';

export interface TaskParameters {
  readonly clock: Clock;
  readonly log: Log;
}

export interface Task {
  readonly signal: AbortSignal;
  /** What happens on the way. */
  readonly tell: (event: SignerEvent) => void;
}

/** `failed`: the event for what `work` throws. */
export const taskEffect = (
  { log }: TaskParameters,
  work: (context: SignerContext, task: Task) => Promise<SignerEvent>,
  failed: (fault: SignerFault) => SignerEvent,
) =>
  fromCallback<SignerEvent, SignerContext>(({ input, sendBack }) => {
    const controller = new AbortController();
    // Nothing is said any more when the state has been left.
    const tell = (event: SignerEvent) => {
      if (!controller.signal.aborted) sendBack(event);
    };
    Promise.resolve()
      .then(() => work(input, { signal: controller.signal, tell }))
      .catch((error: unknown) => {
        if (error instanceof RegistrarError) return failed(error.fault);
        if (!controller.signal.aborted)
          log.error(
            { event: 'signer.unexpected', signerId: input.start.signerId, err: error },
            'a step of a signing key failed for an unexpected reason',
          );
        return failed({
          cause: 'unexpected',
          helps: 'again',
          detail: 'something unexpected went wrong; the log says what',
        });
      })
      .then(tell);
    return () => controller.abort();
  });
