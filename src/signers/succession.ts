// Who succeeds whom: when a new key is made, and that the old one signs until the new one is registered and on disk.
import type { Clock } from '../clock.js';
import type { SignerId } from '../ids.js';
import type { Log } from '../log.js';
import { type ActiveSigner, hasEnded, type SignerView } from '../machines/signer/view.js';
import type { Act } from '../store/buckets.js';
import { wakeWhen } from './effects/wakeWhen.js';
import type { Registrar } from './registrar/registrar.js';

export interface SuccessionTerms {
  /** A key signs for about this long (s), by the chain's clock. 0: for as long as it is registered. */
  readonly rotateAfter: number;
  /** A successor is begun this much earlier (s). */
  readonly lead: number;
  /** A key signs nothing when this much of its registration is left (s). */
  readonly minRemaining: number;
}

export interface SuccessionParameters {
  readonly clock: Clock;
  readonly log: Log;
  readonly registrar: Pick<Registrar, 'now' | 'onTime'>;
  readonly terms: SuccessionTerms;
  /** Those that have not ended, as they are on disk, the oldest first. */
  readonly live: () => readonly SignerView[];
  /** The one that was made last. */
  readonly latest: () => SignerView | undefined;
  /** `by`: whose action it is, for its audit. */
  readonly begin: (by?: Act) => Promise<void>;
  readonly supersede: (signerId: SignerId) => void;
}

export interface Succession {
  start(): void;
  /** Something about a signer is on disk. */
  look(): void;
  /** Begins a successor without any pause. Undefined when one is on its way already. */
  rotation(): ((by: Act) => Promise<void>) | undefined;
  stop(): void;
}

/** Pause before another key is made when the last one could not even be registered (ms), doubled up to the longest. */
const pauseMs = { first: 10_000, longest: 300_000 } as const;

const isComing = ({ state }: SignerView) => state === 'generating' || state === 'quoting' || state === 'registering';

export function createSuccession(parameters: SuccessionParameters): Succession {
  const { clock, log, registrar, terms } = parameters;
  let isRunning = false;
  let isBeginning = false;
  let abandoned = 0;
  let cancelPause: (() => void) | undefined;
  let cancelRotation = () => {};
  /** The youngest that has become active. */
  let served: SignerId | undefined;

  const dueAt = ({ registration }: ActiveSigner) =>
    terms.rotateAfter === 0
      ? Number.POSITIVE_INFINITY
      : registration.registeredAt + Math.max(0, terms.rotateAfter - terms.lead);

  function look(): void {
    if (!isRunning) return;
    const live = parameters.live();
    const active = live.filter((view) => view.state === 'active') as ActiveSigner[];
    const youngest = active.at(-1);
    if (youngest !== undefined) hand(youngest, live);
    countAbandoned();
    cancelRotation();
    cancelRotation = () => {};
    if (isBeginning || cancelPause !== undefined || live.some(isComing)) return;
    const at = youngest === undefined ? 0 : dueAt(youngest);
    if (registrar.now() >= at) return void pauseOrBegin();
    if (at !== Number.POSITIVE_INFINITY) cancelRotation = wakeWhen({ registrar, clock }, at, look);
  }

  /** Older ones sign no more: only now, because this one is registered, confirmed and on disk. */
  function hand(youngest: SignerView, live: readonly SignerView[]): void {
    if (youngest.start.signerId !== served) abandoned = 0;
    served = youngest.start.signerId;
    for (const { state, start } of live.slice(0, live.indexOf(youngest)))
      if (state === 'active' || state === 'lapsed') parameters.supersede(start.signerId);
  }

  let countedFor: SignerId | undefined;
  function countAbandoned(): void {
    const last = parameters.latest();
    if (last === undefined || !hasEnded(last) || last.state !== 'abandoned') return;
    if (last.fault.cause === 'restart' || last.start.signerId === countedFor) return;
    countedFor = last.start.signerId;
    abandoned += 1;
  }

  function pauseOrBegin(): void {
    if (abandoned === 0) return void begin();
    const ms = Math.min(pauseMs.longest, pauseMs.first * 2 ** (abandoned - 1));
    cancelPause = clock.wakeIn(ms, () => {
      cancelPause = undefined;
      void begin();
    });
  }

  function begin(by?: Act): Promise<void> {
    isBeginning = true;
    const beginning = parameters.begin(by);
    void beginning
      .catch((error: unknown) => {
        log.error({ event: 'signer.unbegun', err: error }, 'a signing key cannot be begun');
        abandoned += 1;
      })
      .finally(() => {
        isBeginning = false;
        look();
      });
    return beginning;
  }

  const isFree = () => isRunning && !isBeginning && !parameters.live().some(isComing);

  return {
    start() {
      isRunning = true;
      look();
    },
    look,
    rotation: () =>
      isFree()
        ? (by) => {
            cancelPause?.();
            cancelPause = undefined;
            return begin(by);
          }
        : undefined,
    stop() {
      isRunning = false;
      cancelPause?.();
      cancelRotation();
    },
  };
}
