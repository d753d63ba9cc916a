// Says early and loudly that a key will have no successor, while the old one still has most of its life: quoting services are known to stop
// working after days.
import type { Log } from '../log.js';
import type { SignerView } from '../machines/signer/view.js';
import type { Registrar } from './registrar/registrar.js';

export interface Alarm {
  /** `live`: all that have not ended. */
  hear(view: SignerView, live: readonly SignerView[]): void;
}

/** The first fault in a row is told, and then each of this many: a failing rotation goes on for hours. */
const tellEvery = 10;

export function createAlarm({ log, registrar }: { log: Log; registrar: Pick<Registrar, 'now'> }): Alarm {
  return {
    hear(view, live) {
      const { signerId } = view.start;
      const lifeLeft = lifeLeftOf(live, registrar.now());
      const facts = { signerId, cause: view.lastFault?.cause, problem: view.lastFault?.detail, lifeLeftS: lifeLeft };
      const rest =
        lifeLeft === undefined
          ? 'there is no key that signs: requests wait'
          : `the present key is registered for ${lifeLeft} s more`;
      if (view.state === 'abandoned' && view.fault.cause !== 'restart')
        log.error({ event: 'signer.rotation_failed', ...facts }, `a signing key was given up; ${rest}`);
      else if (view.state === 'lapsed')
        log.error(
          { event: 'signer.lapsed', ...facts },
          'the signing key has too little life left and no successor: requests wait',
        );
      else if (view.faults > 0 && view.faults % tellEvery === 1)
        log.error({ event: 'signer.rotation_failing', ...facts }, `a signing key cannot be registered yet; ${rest}`);
    },
  };
}

/** Of the key that signs (s). Undefined without one. */
export function lifeLeftOf(live: readonly SignerView[], now: number): number | undefined {
  const ends = live.flatMap((view) => (view.state === 'active' ? [view.registration.expiresAt - now] : []));
  return ends.length === 0 ? undefined : Math.max(0, ...ends);
}
