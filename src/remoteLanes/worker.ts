// One worker from its registration to its end: its lanes here, the leases that it holds, and its heartbeats.

import type { Clock } from '../clock.js';
import type { Progress, ProofMode } from '../engines/jobs.js';
import { laneId, type Sha256 } from '../ids.js';
import type { Dispatcher } from '../lanes/dispatcher.js';
import type { JobWatch } from '../lanes/jobWatch.js';
import { Lane } from '../lanes/lane.js';
import type { Log } from '../log.js';
import type { Random } from '../random.js';
import { LeasedEngine } from './leasedEngine.js';
import type { LeasedJob } from './leasedJob.js';
import type { LeaseTimes } from './leaseTimes.js';

/** What a worker says of one of its lanes. */
export interface Offer {
  /** Of the worker: unique among its own. */
  readonly id: string;
  readonly modes: readonly ProofMode[];
  readonly programs: readonly Sha256[];
}

export interface Running {
  readonly lease: string;
  readonly progress: Progress | undefined;
}

export interface HeldLease {
  readonly engine: LeasedEngine;
  readonly lease: LeasedJob;
}

export interface WorkerParameters {
  readonly name: string;
  readonly certificate: string;
  readonly epoch: string;
  readonly times: LeaseTimes;
  readonly dispatcher: Pick<Dispatcher, 'add' | 'remove'>;
  readonly jobs: JobWatch | undefined;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** It was not heard of for as long as a lease and its grace. */
  readonly onSilence: () => void;
  /** One of its jobs was not heard of for so long. */
  readonly onExpired: () => void;
}

interface OfferedLane {
  readonly lane: Lane;
  readonly engine: LeasedEngine;
  readonly modes: string;
}

export class Worker {
  readonly #about: WorkerParameters;
  readonly #lanes = new Map<string, OfferedLane>();
  #silence: () => void = () => {};
  /** Called with the next lane that it offers. */
  readonly #awaitedOffers = new Set<() => void>();
  /** Ends the hold of the heartbeat that is held. */
  #answerHeld: () => void = () => {};

  constructor(about: WorkerParameters) {
    this.#about = about;
    this.#hear();
  }

  get name(): string {
    return this.#about.name;
  }

  get epoch(): string {
    return this.#about.epoch;
  }

  get certificate(): string {
    return this.#about.certificate;
  }

  /** How many it holds. */
  get leases(): number {
    return this.#held().length;
  }

  /** What it offers and works on. Resolves with the leases whose work is to stop. */
  async heartbeat(
    { offers, running }: { readonly offers: readonly Offer[]; readonly running: readonly Running[] },
    signal: AbortSignal,
  ): Promise<readonly string[]> {
    this.#hear();
    // Two at once: the older one says what is no longer so.
    this.#answerHeld();
    const unknown = running.flatMap((each) => (this.#renew(each) ? [] : [each.lease]));
    this.#offer(offers);
    if (unknown.length === 0 && !this.#hasNews())
      await this.#wait(signal, (answer) => {
        this.#answerHeld = answer;
      });
    return [...unknown, ...this.#tellCuts()];
  }

  /** The engine of a lane that it offers. It may ask for a job before the heartbeat is here that offers the lane. */
  async engine(lane: string, signal: AbortSignal): Promise<LeasedEngine | undefined> {
    if (!this.#lanes.has(lane)) await this.#wait(signal, (answer) => this.#awaitedOffers.add(answer));
    return this.#lanes.get(lane)?.engine;
  }

  lease(id: string): HeldLease | undefined {
    return this.#held().find(({ lease }) => lease.id === id);
  }

  /** All its lanes are lost. `blame`: the jobs that it holds may be the reason. */
  end(detail: string, blame: boolean): void {
    this.#silence();
    for (const id of [...this.#lanes.keys()]) this.#withdraw(id, detail, blame);
    this.#answerHeld();
  }

  /** Nothing is expected of it any more. */
  forget(): void {
    this.#silence();
    this.#answerHeld();
  }

  #hear(): void {
    const { clock, times, onSilence } = this.#about;
    this.#silence();
    this.#silence = clock.wakeIn(times.leaseMs + times.graceMs, onSilence);
  }

  /** False: this lease is not held. */
  #renew({ lease: id, progress }: Running): boolean {
    const held = this.lease(id);
    if (held === undefined) return false;
    held.engine.renew(held.lease);
    if (progress !== undefined) held.lease.watch.onProgress(progress);
    return true;
  }

  #offer(offers: readonly Offer[]): void {
    const offered = new Set(offers.map(({ id }) => id));
    for (const id of [...this.#lanes.keys()])
      if (!offered.has(id)) this.#withdraw(id, 'its worker does not offer it any more', true);
    for (const offer of offers) {
      const before = this.#lanes.get(offer.id);
      const isOther = before !== undefined && before.modes !== offer.modes.join();
      // What a lane proves changes with its engine, which has no job then.
      if (isOther && before.engine.lease === undefined) this.#withdraw(offer.id, 'it proves other modes now', false);
      if (!this.#lanes.has(offer.id)) this.#add(offer);
      this.#lanes.get(offer.id)?.engine.notePrograms(offer.programs);
    }
  }

  #add({ id, modes }: Offer): void {
    const { name, certificate, epoch, times, dispatcher, jobs, clock, random, log, onExpired } = this.#about;
    const ownId = laneId(`${name}.${id}`);
    const engine = new LeasedEngine({
      laneId: ownId,
      clock,
      random,
      times,
      onGivenUp: () => this.#answerHeld(),
      onExpired: () => {
        onExpired();
        this.#withdraw(id, 'its worker said nothing of the job for as long as a lease', true);
      },
    });
    const home = {
      kind: 'worker',
      // A job is stopped by a word to the worker, which ends its engine.
      isManaged: true,
      circuits: () => undefined,
      launch: async () => ({ address: epoch, open: () => engine }),
    } as const;
    const prover = `worker ${certificate}`;
    const lane = new Lane({ id: ownId, stage: 'prove', modes, home, prover, jobs, clock, log });
    this.#lanes.set(id, { lane, engine, modes: modes.join() });
    dispatcher.add(lane);
    for (const answer of this.#awaitedOffers) answer();
  }

  #withdraw(id: string, detail: string, blame: boolean): void {
    const offered = this.#lanes.get(id);
    if (offered === undefined) return;
    this.#lanes.delete(id);
    offered.engine.lose(detail, blame);
    void this.#about.dispatcher.remove(offered.lane);
  }

  #held(): HeldLease[] {
    return [...this.#lanes.values()].flatMap(({ engine }) =>
      engine.lease === undefined ? [] : [{ engine, lease: engine.lease }],
    );
  }

  #cuts(): LeasedJob[] {
    return this.#held().flatMap(({ lease }) => (lease.watch.signal.aborted && !lease.isCutTold ? [lease] : []));
  }

  #hasNews(): boolean {
    return this.#cuts().length > 0;
  }

  #tellCuts(): string[] {
    return this.#cuts().map((lease) => {
      lease.isCutTold = true;
      return lease.id;
    });
  }

  /** Until it is answered, the caller has gone, or a call was held long enough. */
  #wait(signal: AbortSignal, enlist: (answer: () => void) => void): Promise<void> {
    return new Promise((resolve) => {
      const answer = () => {
        cancel();
        signal.removeEventListener('abort', answer);
        this.#awaitedOffers.delete(answer);
        if (this.#answerHeld === answer) this.#answerHeld = () => {};
        resolve();
      };
      const cancel = this.#about.clock.wakeIn(this.#about.times.holdMs, answer);
      enlist(answer);
      if (signal.aborted) return answer();
      signal.addEventListener('abort', answer, { once: true });
    });
  }
}
