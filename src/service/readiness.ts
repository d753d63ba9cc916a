// Whether the service can do what it is for: it accepts requests, and no stage is without a lane since the start.

import type { FailureOf } from '../failures/catalog.js';
import { sentenceOf } from '../failures/sentenceOf.js';
import type { Scheduling } from '../lanes/scheduling.js';
import type { Log } from '../log.js';
import type { Gate, GateState } from './gate.js';

export type Outage = FailureOf<'STAGE_UNAVAILABLE'> | undefined;

export interface Readiness {
  readonly state: GateState;
  readonly outage: Outage;
  /** Called when the state changes, or an outage begins or ends. Returns the unsubscribe function. */
  onChange(listener: () => void): () => void;
  close(): void;
}

export function createReadiness(parameters: {
  gate: Gate;
  scheduling: Pick<Scheduling, 'outage' | 'onLaneChange'>;
  log: Log;
}): Readiness {
  const { gate, scheduling, log } = parameters;
  const listeners = new Set<() => void>();
  let outage: Outage;
  const tell = () => {
    for (const listener of listeners) listener();
  };
  const look = () => {
    const before = outage;
    outage = scheduling.outage();
    // Told once: the stage and the details may differ with every try, and whoever asks sees those of the last one.
    if ((outage === undefined) === (before === undefined)) return;
    if (outage === undefined) log.info({ event: 'service.able' }, 'every stage has a lane now');
    else log.warn({ event: 'service.unable', stage: outage.stage, reason: outage.reason }, sentenceOf(outage));
    tell();
  };
  const unsubscribe = [gate.onChange(tell), scheduling.onLaneChange(look)];
  look();

  return {
    get state() {
      return gate.state;
    },
    get outage() {
      return outage;
    },
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close() {
      for (const each of unsubscribe) each();
    },
  };
}
