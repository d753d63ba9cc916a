// Watches over the key that signs: it is still registered, and has enough life left.
import { fromCallback } from 'xstate';
import type { Clock } from '../../clock.js';
import type { Log } from '../../log.js';
import type { SignerContext, SignerEvent } from '../../machines/signer/rules.js';
import type { Registrar } from '../registrar/registrar.js';
import type { Serving } from '../serving.js';
import { addressOf } from './claim.js';
import { wakeWhen } from './wakeWhen.js';

export interface WatchParameters {
  readonly registrar: Registrar;
  readonly clock: Clock;
  readonly log: Log;
  readonly serving: Pick<Serving, 'begin' | 'end'>;
  /** The key signs no more when this much of its life is left (s). */
  readonly minRemaining: number;
  /** Between two questions to the registry (ms). */
  readonly watchEveryMs: number;
}

export const watchEffect = ({ registrar, serving, clock, log, minRemaining, watchEveryMs }: WatchParameters) =>
  fromCallback<SignerEvent, SignerContext>(({ input, sendBack }) => {
    const { registration, quote } = input;
    const address = addressOf(input);
    const controller = new AbortController();
    const { signal } = controller;
    const { signerId } = input.start;
    let isMissed = false;
    serving.begin(signerId);

    async function look(): Promise<void> {
      try {
        const standing = await registrar.standing({ address }, signal);
        if (signal.aborted) return;
        isMissed = false;
        if (standing === 'revoked') return sendBack({ type: 'REVOKED' });
        if (standing === 'gone')
          return sendBack({
            type: 'REGISTRATION_LOST',
            inWindow: quote !== null && registrar.isInWindow(quote.reference),
          });
      } catch (error) {
        if (signal.aborted) return;
        // A chain that cannot be asked has said nothing about the key. Its life goes on running out by time.
        if (!isMissed)
          log.warn(
            { event: 'signer.unwatched', address, problem: (error as Error).message },
            'the registry cannot be asked whether the key is still registered',
          );
        isMissed = true;
      }
      cancel = clock.wakeIn(watchEveryMs, () => void look());
    }

    let cancel = clock.wakeIn(watchEveryMs, () => void look());
    const shortAt = (registration?.expiresAt ?? 0) - minRemaining;
    const stopWaiting = wakeWhen({ registrar, clock }, shortAt, () => sendBack({ type: 'LIFE_SHORT' }));
    return () => {
      serving.end(signerId);
      controller.abort();
      cancel();
      stopWaiting();
    };
  });
