// Signing keys on a store in memory, with quotes of the development provider and simulated time. They can die and be born again.
import { Writable } from 'node:stream';
import { pino } from 'pino';
import { devProvider } from '../../attestation/dev/devProvider.js';
import type { QuoteProvider } from '../../attestation/providers/quoteProvider.js';
import { createQuoteQueue } from '../../attestation/reports/quoteQueue.js';
import type { Sha256 } from '../../ids.js';
import type { SignerView } from '../../machines/signer/view.js';
import { type Random, systemRandom } from '../../random.js';
import { type OpenedRecords, openRecords } from '../../service/openRecords.js';
import type { Registrar } from '../../signers/registrar/registrar.js';
import { createSigners, type Signers, type SignersParameters } from '../../signers/signers.js';
import type { Act } from '../../store/buckets.js';
import { createStore, type Store } from '../../store/environment.js';
import { createMemoryPages } from '../world/memoryPages.js';
import { mortalStore } from '../world/mortalStore.js';
import { SimulatedClock } from '../world/simulatedClock.js';
import { createInFlight } from './inFlight.js';

export const usualTerms = { rotateAfter: 1_800, lead: 300, minRemaining: 900, watchEveryMs: 12_000 };

export interface SignersRig<R extends Registrar> {
  readonly clock: SimulatedClock;
  readonly store: Store;
  readonly signers: Signers;
  readonly records: OpenedRecords;
  readonly registrar: R;
  /** Lines of the log, as text. */
  readonly lines: readonly string[];
  /** State of each, the oldest first. */
  states(): string[];
  /** As an operator has it done. False: a successor is on its way already. */
  rotate(): boolean;
  /** Runs what can run without time, quotes included: they are made and checked outside of this thread. */
  settle(): Promise<void>;
  /** Runs until these are the states: quotes are verified outside of this thread. */
  until(...states: string[]): Promise<void>;
  /** kill -9, then a new process on the same disk. */
  reborn(): Promise<SignersRig<R>>;
  end(): Promise<void>;
}

export interface RigParameters<R extends Registrar> {
  readonly registrar: (clock: SimulatedClock, root: Uint8Array) => R;
  readonly terms?: Partial<SignersParameters['terms']>;
  readonly random?: Random;
  /** In place of the development provider. */
  readonly provider?: QuoteProvider;
  /** Whether what that provider does may end by time alone: then it is not waited for. */
  readonly needsTime?: () => boolean;
  /** What an earlier process has left. */
  readonly disk?: Store;
  readonly clock?: SimulatedClock;
}

/** Far more than a verification takes, also on a machine that is busy with others. */
const mostTurns = 1_000_000;
const anAct: Act = {
  operator: 'ada',
  isClaimed: true,
  action: 'signer.rotate',
  target: '',
  reason: 'a test',
  operationId: '00000000-0000-4000-8000-000000000000',
  call: '00'.repeat(32) as Sha256,
  effects: [],
};
const zeros = '00'.repeat(48);

export async function createSignersRig<R extends Registrar>(of: RigParameters<R>): Promise<SignersRig<R>> {
  const clock = of.clock ?? new SimulatedClock();
  const disk = of.disk ?? (await createStore(createMemoryPages()));
  const store = mortalStore(disk);
  const lines: string[] = [];
  const log = pino(
    new Writable({
      write(line, _, done) {
        lines.push(String(line));
        done();
      },
    }),
  );
  const random = of.random ?? systemRandom;
  const measurements = { mrTd: zeros, rtmr0: zeros, rtmr1: zeros, rtmr2: zeros, rtmr3: zeros };
  const development = devProvider({ measurements, clock, random: systemRandom });
  const quoting = createInFlight();
  const queue = quoting.watched(createQuoteQueue({ provider: of.provider ?? development, clock, log }));
  const registrar = of.registrar(clock, development.root);
  const terms = { ...usualTerms, ...of.terms };
  const records = await openRecords({ store, clock }, 1_000);
  const signers = createSigners({ ...records, store, clock, random, log, registrar, queue, isSimulated: true, terms });

  async function settle(): Promise<void> {
    for (let quiet = 0; quiet < 3; ) {
      const isWaiting = of.needsTime?.() !== true;
      if (isWaiting) await quoting.ended();
      await clock.settle();
      quiet = store.pending === 0 && (quoting.count === 0 || !isWaiting) ? quiet + 1 : 0;
    }
  }
  await signers.start();
  await settle();
  const states = () => [...signers.views()].reverse().map(stateOf);
  return {
    clock,
    store,
    signers,
    records,
    registrar,
    lines,
    states,
    rotate() {
      const begin = signers.rotation();
      // A crash meanwhile ends it, too.
      void begin?.(anAct).catch(() => {});
      return begin !== undefined;
    },
    settle,
    async until(...wanted) {
      for (let turns = 0; states().join() !== wanted.join(); turns += 1) {
        if (turns > mostTurns) throw new Error(`the states are ${states().join()}, not ${wanted.join()}`);
        await clock.settle();
      }
    },
    async reborn() {
      store.die();
      return createSignersRig({ ...of, clock, disk });
    },
    async end() {
      queue.close();
      await signers.stop();
      await disk.close();
    },
  };
}

const stateOf = (view: SignerView) => ('phase' in view ? `${view.state}.${view.phase}` : view.state);
