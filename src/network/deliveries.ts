// All deliveries: hosts their machines, and stops work here that the network does not want any more.
import { type ActOn, createActOn } from '../durable/actOn.js';
import { createHost } from '../durable/host.js';
import { restoreOpen } from '../durable/restore.js';
import type { Failure } from '../failures/catalog.js';
import type { FeedWriter } from '../feed/feed.js';
import type { RequestId } from '../ids.js';
import type { Log } from '../log.js';
import { deliveryMachine } from '../machines/delivery/machine.js';
import type { DeliveryEvent, DeliveryStart } from '../machines/delivery/rules.js';
import { type DeliveryState, type DeliveryView, hasDeliveryEnded } from '../machines/delivery/view.js';
import type { AuditWriter } from '../operations/audit.js';
import type { Envelope } from '../store/buckets.js';
import type { Store, Transaction } from '../store/environment.js';
import { Tally } from '../tally.js';
import { type BrowseDeliveries, createBrowseDeliveries } from './browseDeliveries.js';
import { deliverySleep } from './deliverySleep.js';
import {
  backOffEffect,
  closeEffect,
  type EffectParameters,
  followEffect,
  lookEffect,
  readEffect,
  sendEffect,
  turnEffect,
} from './effects.js';
import { createExecutionReports } from './executionReports.js';
import { type DeliveryKind, deliveryKind, firstDelivery } from './kind.js';
import { createOpenDeliveries, type OpenDeliveries } from './openDeliveries.js';
import type { SeenRequest } from './readRequest.js';
import { createRefusals, type RefusedDelivery } from './refusals.js';
import { createRequestEnds, type RequestEndsParameters } from './requestEnds.js';
import { unwantedBy } from './unwantedWork.js';

export interface Deliveries extends BrowseDeliveries {
  /** Writes a new one, within the transaction that makes its request. `begin` is called once that is durable. */
  writeFirst(tx: Transaction, start: Omit<DeliveryStart, 'signer'>): void;
  /** `seen`: what the network says of it, where it was asked already. */
  begin(networkId: RequestId, seen?: Promise<SeenRequest>): void;
  send(networkId: RequestId, event: DeliveryEvent): void;
  /** The network has said that it is ours, on disk or not yet. */
  isOurs(networkId: RequestId): boolean;
  /** Does what an operator says. */
  readonly act: ActOn<RequestId, DeliveryEvent>;
  /** Resolves with its next change, or when the time is over. */
  moved(networkId: RequestId, withinMs: number): Promise<void>;
  /** Those that are open. */
  readonly open: Omit<OpenDeliveries, 'note' | 'noteRestored'>;
  /** How deliveries have ended since the start. */
  ended(): ReadonlyMap<DeliveryState, number>;
  /** Those that the network has refused for good, as long as it waits for them. */
  refused(): readonly RefusedDelivery[];
  restore(): number;
  stop(): Promise<void>;
}

export interface DeliveriesParameters
  extends Omit<EffectParameters, 'durable' | 'granted' | 'seen' | 'onOurs' | 'early' | 'executions' | 'ends'>,
    RequestEndsParameters {
  readonly store: Store;
  readonly log: Log;
  /** Every transition gets a number in it. */
  readonly feed: FeedWriter;
  readonly audit: AuditWriter;
  /** Which life of the service this is. */
  readonly life: number;
  /** Nobody wants this request's proof any more. */
  readonly stopWork: (localId: RequestId, why: Failure) => void;
}

const isDurable = (view: DeliveryView | undefined, tries: number) =>
  view?.state === 'submitting' && view.context.tries === tries;

export function createDeliveries(parameters: DeliveriesParameters): Deliveries {
  const { store, clock, log, watch, feed, audit, life } = parameters;
  const waiters = new Map<RequestId, { readonly tries: number; readonly resolve: () => void }>();
  const watchers = new Map<RequestId, Set<() => void>>();
  /** The network has said so, and it is on its way to the disk. */
  const ours = new Set<RequestId>();
  const tellWatchers = (networkId: RequestId) => {
    for (const tell of watchers.get(networkId) ?? []) tell();
  };
  const open = createOpenDeliveries({ store, clock });
  const refusals = createRefusals({ store, clock });
  const ended = new Tally<DeliveryState>();

  const effects: EffectParameters = {
    ...parameters,
    granted: new Map(),
    seen: new Map(),
    onOurs(networkId) {
      if (host.view(networkId)?.state === 'assigning') ours.add(networkId);
      tellWatchers(networkId);
    },
    early: new Map(),
    ends: createRequestEnds(parameters),
    executions: createExecutionReports(parameters),
    durable: (networkId, tries) =>
      new Promise((resolve) => {
        if (isDurable(host.view(networkId), tries)) resolve();
        else waiters.set(networkId, { tries, resolve });
      }),
  };
  const machine = deliveryMachine.provide({
    actors: {
      look: lookEffect(effects),
      follow: followEffect(effects),
      turn: turnEffect(effects),
      send: sendEffect(effects),
      read: readEffect(effects),
      backOff: backOffEffect(clock),
      close: closeEffect(clock),
    },
  });
  const kind: DeliveryKind = { ...deliveryKind, machine, dormant: deliverySleep(effects) };
  const snapshotIn = ({ snapshot }: Envelope) => snapshot as ReturnType<DeliveryKind['first']>;
  const viewIn = (envelope: Envelope) => kind.viewOf(snapshotIn(envelope), envelope);
  /** The store shows what a crash may take back, and what nothing here has acted on yet. */
  const durableView = (networkId: RequestId, stored: Envelope) => host.view(networkId) ?? viewIn(stored);

  const host = createHost({
    store,
    clock,
    log,
    kind,
    life,
    hooks: [refusals.write],
    note(tx, { context }, seq, entry) {
      // The cause before what it led to.
      if (entry.act !== undefined) audit.note(tx, entry.at, entry.act);
      feed.note(tx, { at: entry.at, what: 'delivery', id: context.networkId, seq });
    },
    onDurable(view) {
      const { networkId, localId } = view.context;
      refusals.note(view);
      if (hasDeliveryEnded(view)) ended.add(view.state);
      const owedMs = open.note(view);
      watch.moved(view, owedMs);
      ours.delete(networkId);
      tellWatchers(networkId);
      const waiter = waiters.get(networkId);
      if (waiter !== undefined && isDurable(view, waiter.tries)) {
        waiters.delete(networkId);
        waiter.resolve();
      }
      if (view.state === 'refused')
        log.error(
          { event: 'delivery.refused', networkId, code: view.context.refusal?.code, text: view.context.refusal?.text },
          'the network refuses the proof for good; its client still gets it from here',
        );
      const unwanted = unwantedBy(view);
      if (localId !== null && unwanted !== undefined && !open.hasOf(localId)) parameters.stopWork(localId, unwanted);
    },
    onQuarantined: () => {},
  });

  const browse = createBrowseDeliveries({ store, clock, durableView });

  return {
    writeFirst: firstWriter(parameters),
    begin(networkId, seen) {
      const envelope = store.get('deliveries', networkId);
      if (envelope === undefined || host.has(networkId)) return;
      const view = viewIn(envelope);
      open.note(view);
      // Its first look takes it while it starts.
      if (seen !== undefined) effects.seen.set(networkId, seen);
      host.restore({ snapshot: snapshotIn(envelope), view, envelope });
      effects.seen.delete(networkId);
    },
    send: (networkId, event) => void host.send(networkId, event),
    isOurs: (networkId) => ours.has(networkId),
    ...browse,
    act: createActOn(host, { what: 'Delivery', stateOf: (networkId) => browse.viewOf(networkId)?.state }),
    moved: (networkId, withinMs) =>
      new Promise((resolve) => {
        const here = watchers.get(networkId) ?? new Set();
        watchers.set(networkId, here);
        const end = () => {
          cancel();
          here.delete(end);
          if (here.size === 0) watchers.delete(networkId);
          resolve();
        };
        const cancel = clock.wakeIn(withinMs, end);
        here.add(end);
      }),
    open,
    ended: () => new Map(ended.entries()),
    refused: refusals.all,
    restore() {
      refusals.restore();
      return restoreOpen({ store, kind, host, prepare: open.noteRestored });
    },
    stop: () => host.stop().finally(() => effects.ends.close()),
  };
}

/** As a host writes a new one, but within a transaction of somebody else. */
const firstWriter =
  ({
    clock,
    feed,
    life,
    keys,
  }: Pick<DeliveriesParameters, 'clock' | 'feed' | 'life' | 'keys'>): Deliveries['writeFirst'] =>
  (tx, start) => {
    const { networkId } = start;
    const at = clock.now();
    const snapshot = firstDelivery({ ...start, signer: keys.first.signer.address });
    tx.put('deliveries', [networkId], { machine: deliveryMachine.id, seq: 0, at, elapsedMs: 0, snapshot });
    tx.put('deliveryJournal', [networkId, 0], { at, from: '', to: 'assigning', on: 'xstate.init', life });
    tx.put('openDeliveries', [networkId], true);
    feed.note(tx, { at, what: 'delivery', id: networkId, seq: 0 });
  };
