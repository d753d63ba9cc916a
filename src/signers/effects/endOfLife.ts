// The last effects of a signer: its key has nothing more to sign, or its registration has run out.
import { fromCallback } from 'xstate';
import type { Clock } from '../../clock.js';
import { longestBackOffMs, type SignerContext, type SignerEvent } from '../../machines/signer/rules.js';
import type { Registrar } from '../registrar/registrar.js';
import type { Serving } from '../serving.js';
import { wakeWhen } from './wakeWhen.js';

/** Signing is synchronous, and so what was begun has ended by the next turn of the loop. */
export const drainEffect = ({ clock, serving }: { readonly clock: Clock; readonly serving: Pick<Serving, 'drain'> }) =>
  fromCallback<SignerEvent, SignerContext>(({ input, sendBack }) => {
    let isHeard = true;
    const stop = serving.drain(input.start.signerId);
    void clock.turn().then(() => {
      if (isHeard) sendBack({ type: 'DRAINED' });
    });
    return () => {
      isHeard = false;
      stop();
    };
  });

export const outliveEffect = (parts: { readonly registrar: Registrar; readonly clock: Clock }) =>
  fromCallback<SignerEvent, SignerContext>(({ input, sendBack }) =>
    wakeWhen(parts, input.registration?.expiresAt ?? 0, () => sendBack({ type: 'LIFE_OVER' })),
  );

/** Never longer than the longest pause, though the wall clock was set back. */
export const backOffEffect = (clock: Clock) =>
  fromCallback<SignerEvent, { at: number }>(({ input, sendBack }) =>
    clock.wakeIn(Math.min(longestBackOffMs, Math.max(0, input.at - clock.now())), () =>
      sendBack({ type: 'RETRY_DUE' }),
    ),
  );
