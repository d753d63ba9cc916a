// The signing keys of the enclave, put together: the machine with its effects, its host, who succeeds whom, and the port by which the
// rest of the service signs.

import type { QuoteQueue } from '../attestation/reports/quoteQueue.js';
import type { Clock } from '../clock.js';
import { type ActOn, createActOn } from '../durable/actOn.js';
import { createHost } from '../durable/host.js';
import { restoreOpen } from '../durable/restore.js';
import type { FeedWriter } from '../feed/feed.js';
import { newSignerId, type SignerId } from '../ids.js';
import type { Log } from '../log.js';
import { signerMachine } from '../machines/signer/machine.js';
import type { SignerEvent, SignerFault } from '../machines/signer/rules.js';
import { hasEnded, type SignerView } from '../machines/signer/view.js';
import type { AuditWriter } from '../operations/audit.js';
import type { Random } from '../random.js';
import type { Act, JournalEntry } from '../store/buckets.js';
import type { Store } from '../store/environment.js';
import type { Signer } from '../tee/signer.js';
import { createAlarm } from './alarm.js';
import { confirmEffect } from './effects/confirm.js';
import { backOffEffect, drainEffect, outliveEffect } from './effects/endOfLife.js';
import { holdKeyEffect } from './effects/holdKey.js';
import { makeKeyEffect } from './effects/makeKey.js';
import { quoteEffect } from './effects/quote.js';
import { sendEffect } from './effects/send.js';
import { watchEffect } from './effects/watch.js';
import { forgetOldSigners, keptSigners, listUnended } from './forgetOldSigners.js';
import { createKeyVault } from './keyVault.js';
import { signerKind } from './kind.js';
import { awaitedSigner } from './pendingRegistration.js';
import { createQuotes, type HeldQuote } from './quotes.js';
import type { Registrar } from './registrar/registrar.js';
import { createServing } from './serving.js';
import { createSuccession, type SuccessionTerms } from './succession.js';

export interface SignersParameters {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Every transition gets a number in it. */
  readonly feed: FeedWriter;
  readonly audit: AuditWriter;
  /** Which life of the service this is. */
  readonly life: number;
  readonly registrar: Registrar;
  readonly queue: Pick<QuoteQueue, 'quote'>;
  /** The quotes prove nothing. */
  readonly isSimulated: boolean;
  readonly terms: SuccessionTerms & {
    /** Between two questions to the registry whether the active key is registered (ms). */
    readonly watchEveryMs: number;
  };
}

/** Since the start of this process. */
export interface SignerCounts {
  readonly signatures: number;
  readonly registrations: number;
  /** Keys that were given up before they signed. */
  readonly abandoned: number;
  /** Failed tries on the way to a registration, by cause. */
  readonly faults: ReadonlyMap<SignerFault['cause'], number>;
}

export interface Signers extends Signer {
  /** Ends what earlier processes have left, and begins with a key of this one. Throws a RestoreError. */
  start(): Promise<void>;
  /** What begins a successor at an operator's word, on disk with its audit when it resolves. Undefined when one is on its way already. */
  rotation(): ((by: Act) => Promise<void>) | undefined;
  /** Does to one what an operator says. */
  readonly act: ActOn<SignerId, SignerEvent>;
  /** Its transitions from `fromSeq` on, as far as they are on disk. */
  history(view: SignerView, fromSeq: number, limit: number): { readonly seq: number; readonly entry: JournalEntry }[];
  /** Those that have not ended and those of this process that have, the youngest first. */
  views(): readonly SignerView[];
  quoteOf(signerId: SignerId): HeldQuote | undefined;
  /** The key whose registration its operator is to send, and has not said to have sent. */
  awaited(): SignerId | undefined;
  readonly counts: SignerCounts;
  /** By the clock that registrations live by (s). */
  now(): number;
  /** Overwrites every key. Resolves when all that was decided is on disk. */
  stop(): Promise<void>;
}

export function createSigners(parameters: SignersParameters): Signers {
  const { store, clock, random, log, feed, audit, life, registrar, terms } = parameters;
  const vault = createKeyVault(random);
  const quotes = createQuotes();
  const born = new Set<SignerId>();
  const seen = new Map<SignerId, SignerView>();
  const latest = () => [...seen.values()].at(-1);
  const serving = createServing({
    ...parameters,
    vault,
    viewOf: (signerId) => host.view(signerId),
    latest,
    minRemaining: terms.minRemaining,
  });

  const parts = { clock, log, registrar, quotes };
  const machine = signerMachine.provide({
    actors: {
      holdKey: holdKeyEffect(vault, quotes, born),
      makeKey: makeKeyEffect(parts, vault, born),
      quote: quoteEffect({ ...parts, queue: parameters.queue }),
      send: sendEffect(parts),
      confirm: confirmEffect(parts),
      watch: watchEffect({ ...parts, ...terms, serving }),
      drain: drainEffect({ clock, serving }),
      outlive: outliveEffect(parts),
      backOff: backOffEffect(clock),
    },
  });
  const kind = { ...signerKind, machine };
  const alarm = createAlarm({ log, registrar });

  /** Of operators who have had one begun, until that is on disk. */
  const begunBy = new Map<SignerId, Act>();

  const host = createHost({
    store,
    clock,
    log,
    kind,
    life,
    hooks: [],
    note(tx, { start: { signerId } }, seq, entry) {
      const act = seq === 0 ? begunBy.get(signerId) : entry.act;
      // The cause before what it led to.
      if (act !== undefined) audit.note(tx, entry.at, act);
      feed.note(tx, { at: entry.at, what: 'signer', id: signerId, seq });
    },
    onDurable(view) {
      count(view, seen.get(view.start.signerId));
      seen.set(view.start.signerId, view);
      forgetEnded();
      alarm.hear(view, live());
      serving.hear(view);
      succession.look();
    },
    onQuarantined: () => succession.look(),
  });
  /** Views are kept as long as they are on disk: those of two days. */
  function forgetEnded(): void {
    for (const [signerId, view] of seen) {
      if (seen.size <= keptSigners) return;
      if (hasEnded(view)) seen.delete(signerId);
    }
  }

  const { counts, count } = createCounts();
  const live = () => [...seen.values()].filter((view) => !hasEnded(view) && host.has(view.start.signerId));

  const succession = createSuccession({
    clock,
    log,
    registrar,
    terms,
    live,
    latest,
    async begin(by) {
      await forgetOldSigners(store);
      const signerId = newSignerId(clock.now(), random);
      born.add(signerId);
      if (by !== undefined) begunBy.set(signerId, by);
      await host
        .start({ signerId, place: registrar.place, createdAt: clock.now() }, (tx) =>
          tx.put('openSigners', [signerId], true),
        )
        .finally(() => begunBy.delete(signerId));
    },
    supersede: (signerId) => void host.send(signerId, { type: 'SUPERSEDED' }),
  });

  const shown: Pick<Signers, 'views' | 'quoteOf'> = {
    views: () => [...seen.values()].reverse(),
    quoteOf: (signerId) => quotes.get(signerId),
  };
  return {
    active: () => serving.active(),
    keys: () => serving.keys(),
    onChange: (listener) => serving.onChange(listener),
    async start() {
      await listUnended(store);
      const count = restoreOpen({ store, kind, host, prepare: (view) => void seen.set(view.start.signerId, view) });
      if (count > 0) log.info({ event: 'signer.lost', count }, 'keys of an earlier process are gone with it');
      succession.start();
    },
    rotation: () => succession.rotation(),
    act: createActOn(host, { what: 'Signer', stateOf: (signerId) => seen.get(signerId)?.state }),
    history: historyIn(store),
    get counts() {
      return { ...counts, signatures: serving.signatureCount };
    },
    ...shown,
    awaited: () => awaitedSigner(shown, registrar),
    now: () => registrar.now(),
    async stop() {
      succession.stop();
      await host.stop();
      // An actor that is stopped ends its effects, and with them its key; those that never got one are overwritten here.
      for (const signerId of born) vault.destroy(signerId);
      registrar.close();
    },
  };
}

function createCounts() {
  const counts = { registrations: 0, abandoned: 0, faults: new Map<SignerFault['cause'], number>() };
  function count(view: SignerView, before: SignerView | undefined): void {
    const { lastFault, faults } = view;
    if (view.state === 'active' && before?.state !== 'active') counts.registrations += 1;
    if (view.state === 'abandoned' && lastFault?.cause !== 'restart') counts.abandoned += 1;
    if (lastFault !== null && faults > (before?.faults ?? 0))
      counts.faults.set(lastFault.cause, (counts.faults.get(lastFault.cause) ?? 0) + 1);
  }
  return { counts, count };
}

const historyIn =
  (store: Pick<Store, 'scan'>): Signers['history'] =>
  ({ start: { signerId }, seq: lastSeq }, fromSeq, limit) => {
    const after: [SignerId, number] | undefined = fromSeq === 0 ? undefined : [signerId, fromSeq - 1];
    const entries = [...store.scan('signerJournal', [signerId], { limit, after })];
    return entries.filter(({ key }) => key[1] <= lastSeq).map(({ key, value }) => ({ seq: key[1], entry: value }));
  };
