// The workers of a front: who is registered under which name and epoch, and which lanes each of them offers. A lane of a worker is a lane
// like any other here. It comes with the worker's word that it can take a job, and goes when the worker takes that back or is silent.

import type { Clock } from '../clock.js';
import { fail } from '../failures/fail.js';
import { FailureError } from '../failures/failureError.js';
import type { Dispatcher } from '../lanes/dispatcher.js';
import type { JobWatch } from '../lanes/jobWatch.js';
import type { Log } from '../log.js';
import { type Random, uuidOf } from '../random.js';
import { type LeaseTimes, leaseTimes } from './leaseTimes.js';
import { type HeldLease, Worker } from './worker.js';

export interface Registration {
  readonly name: string;
  /** Fingerprint of the certificate that it has shown. */
  readonly certificate: string;
  readonly version: string;
  readonly circuits: string;
}

export interface RosterParameters {
  readonly dispatcher: Pick<Dispatcher, 'add' | 'remove'>;
  /** Of this front. A worker's must be the same. */
  readonly version: string;
  readonly circuits: string;
  readonly jobs?: JobWatch | undefined;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly times?: LeaseTimes;
  /** Jobs were taken from a worker that said nothing of them for as long as a lease. */
  readonly onExpired?: (leases: number) => void;
}

/** Far more than one front can feed. Wrong if an operator has more. */
const mostWorkers = 64;
/** Names that were replaced, so that their holders hear why. */
const mostReplaced = 256;

export class Roster {
  readonly #about: RosterParameters;
  readonly times: LeaseTimes;
  readonly #byName = new Map<string, Worker>();
  readonly #byEpoch = new Map<string, Worker>();
  /** Epoch → name, oldest first. */
  readonly #replaced = new Map<string, string>();
  #isClosed = false;

  constructor(about: RosterParameters) {
    this.#about = about;
    this.times = about.times ?? leaseTimes;
  }

  /** Answers the epoch. Throws WORKER_MISMATCHED, WORKER_NAME_TAKEN, QUEUE_FULL, DRAINING. */
  register({ name, certificate, version, circuits }: Registration): string {
    const { jobs, clock, random, log, dispatcher } = this.#about;
    if (this.#isClosed) throw new FailureError(fail('DRAINING'));
    this.#assertSame('version', version);
    this.#assertSame('circuits', circuits);
    const before = this.#byName.get(name);
    if (before !== undefined && before.certificate !== certificate)
      throw new FailureError(fail('WORKER_NAME_TAKEN', { name }));
    if (before === undefined && this.#byName.size >= mostWorkers)
      throw new FailureError(fail('QUEUE_FULL', { limit: mostWorkers }));
    if (before !== undefined) this.#replace(before);
    const epoch = uuidOf(random);
    const worker = new Worker({
      name,
      certificate,
      epoch,
      times: this.times,
      dispatcher,
      jobs,
      clock,
      random,
      log,
      onSilence: () => this.#drop(worker, 'silent'),
      onExpired: () => this.#expired(1),
    });
    this.#byName.set(name, worker);
    this.#byEpoch.set(epoch, worker);
    log.info({ event: 'worker.registered', worker: name, epoch, certificate }, 'a worker has come');
    return epoch;
  }

  /** Throws WORKER_UNKNOWN and WORKER_REPLACED. */
  worker(epoch: string, certificate: string): Worker {
    const worker = this.#byEpoch.get(epoch);
    if (worker !== undefined && worker.certificate === certificate) return worker;
    const name = this.#replaced.get(epoch);
    throw new FailureError(name === undefined ? fail('WORKER_UNKNOWN') : fail('WORKER_REPLACED', { name }));
  }

  /** Undefined: it is not held any more, and what comes under it counts for nothing. */
  lease(epoch: string, certificate: string, lease: string): HeldLease | undefined {
    return this.worker(epoch, certificate).lease(lease);
  }

  /** Those that are there, and how many jobs each of them holds. */
  workers(): { readonly name: string; readonly leases: number }[] {
    return [...this.#byEpoch.values()].map(({ name, leases }) => ({ name, leases }));
  }

  /** It ends: what it has goes to others at once. */
  leave(worker: Worker): void {
    this.#drop(worker, 'left');
  }

  /** Takes no more workers. The lanes of those that are there stop with all others. */
  close(): void {
    this.#isClosed = true;
    for (const worker of this.#byEpoch.values()) worker.forget();
  }

  #assertSame(what: 'version' | 'circuits', worker: string): void {
    const front = this.#about[what];
    if (worker !== front) throw new FailureError(fail('WORKER_MISMATCHED', { what, front, worker }));
  }

  #replace(worker: Worker): void {
    this.#replaced.set(worker.epoch, worker.name);
    const [oldest] = this.#replaced.keys();
    if (oldest !== undefined && this.#replaced.size > mostReplaced) this.#replaced.delete(oldest);
    this.#drop(worker, 'replaced');
  }

  #expired(leases: number): void {
    this.#about.onExpired?.(leases);
  }

  #drop(worker: Worker, why: keyof typeof sentences): void {
    if (this.#byEpoch.get(worker.epoch) !== worker) return;
    this.#byEpoch.delete(worker.epoch);
    this.#byName.delete(worker.name);
    const leases = worker.leases;
    if (why === 'silent' && leases > 0) this.#expired(leases);
    worker.end(sentences[why], why === 'silent' || why === 'replaced');
    this.#about.log[why === 'silent' ? 'warn' : 'info'](
      { event: 'worker.gone', worker: worker.name, epoch: worker.epoch, why, leases },
      'a worker has gone',
    );
  }
}

/** As the end of a sentence about its lanes. */
const sentences = {
  silent: 'its worker was not heard of for as long as a lease',
  left: 'its worker was stopped',
  replaced: 'its worker was started anew',
} as const;
