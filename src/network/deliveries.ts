// All deliveries: hosts their machines, and stops work here that the network does not want any more.
import { createHost } from '../durable/host.js';
import { restoreOpen } from '../durable/restore.js';
import type { Failure } from '../failures/catalog.js';
import type { RequestId } from '../ids.js';
import type { Log } from '../log.js';
import { deliveryMachine } from '../machines/delivery/machine.js';
import type { DeliveryEvent, DeliveryStart } from '../machines/delivery/rules.js';
import type { DeliveryView } from '../machines/delivery/view.js';
import type { Envelope } from '../store/buckets.js';
import type { Store, Transaction } from '../store/environment.js';
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
import { createRequestEnds, type RequestEndsParameters } from './requestEnds.js';
import { unwantedBy } from './unwantedWork.js';

export interface Deliveries {
  /** Writes a new one, within the transaction that makes its request. `begin` is called once that is durable. */
  writeFirst(tx: Transaction, start: Omit<DeliveryStart, 'signer'>): void;
  /** `seen`: what the network says of it, where it was asked already. */
  begin(networkId: RequestId, seen?: Promise<SeenRequest>): void;
  send(networkId: RequestId, event: DeliveryEvent): void;
  /** The network has said that it is ours, on disk or not yet. */
  isOurs(networkId: RequestId): boolean;
  /** As it is on disk. Undefined when there is none. */
  viewOf(networkId: RequestId): DeliveryView | undefined;
  /** A page of all that are on disk, by id, of those that fit. */
  page(query: DeliveryQuery): Promise<DeliveryPage>;
  /** Resolves with its next change, or when the time is over. */
  moved(networkId: RequestId, withinMs: number): Promise<void>;
  /** Those that are open. */
  readonly open: Omit<OpenDeliveries, 'note' | 'noteRestored'>;
  restore(): number;
  stop(): Promise<void>;
}

export interface DeliveryQuery {
  /** The id where the page before has ended. */
  readonly after: RequestId | undefined;
  readonly limit: number;
  readonly matches: (view: DeliveryView) => boolean;
}

export interface DeliveryPage {
  readonly views: readonly DeliveryView[];
  /** Undefined: there is nothing behind. */
  readonly last: RequestId | undefined;
}

/** Records that are read in one turn of the loop, and for one page. */
const slice = 256;
const mostScanned = 20_000;

export interface DeliveriesParameters
  extends Omit<EffectParameters, 'durable' | 'granted' | 'seen' | 'onOurs' | 'early' | 'executions' | 'ends'>,
    RequestEndsParameters {
  readonly store: Store;
  readonly log: Log;
  /** Nobody wants this request's proof any more. */
  readonly stopWork: (localId: RequestId, why: Failure) => void;
}

const isDurable = (view: DeliveryView | undefined, tries: number) =>
  view?.state === 'submitting' && view.context.tries === tries;

export function createDeliveries(parameters: DeliveriesParameters): Deliveries {
  const { store, clock, log, watch } = parameters;
  const waiters = new Map<RequestId, { readonly tries: number; readonly resolve: () => void }>();
  const watchers = new Map<RequestId, Set<() => void>>();
  /** The network has said so, and it is on its way to the disk. */
  const ours = new Set<RequestId>();
  const tellWatchers = (networkId: RequestId) => {
    for (const tell of watchers.get(networkId) ?? []) tell();
  };
  const open = createOpenDeliveries({ store, clock });

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
    hooks: [],
    onDurable(view) {
      const { networkId, localId } = view.context;
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

  return {
    writeFirst(tx, start) {
      const envelope: Envelope = {
        machine: machine.id,
        seq: 0,
        at: clock.now(),
        elapsedMs: 0,
        snapshot: firstDelivery({ ...start, signer: parameters.keys.first.signer.address }),
      };
      tx.put('deliveries', [start.networkId], envelope);
      tx.put('deliveryJournal', [start.networkId, 0], {
        at: envelope.at,
        from: '',
        to: 'assigning',
        on: 'xstate.init',
      });
      tx.put('openDeliveries', [start.networkId], true);
    },
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
    viewOf(networkId) {
      const envelope = store.get('deliveries', networkId);
      return envelope && durableView(networkId, envelope);
    },
    page: (query) => pageOf({ store, clock, durableView }, query),
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
    restore: () => restoreOpen({ store, kind, host, prepare: open.noteRestored }),
    stop: () => host.stop().finally(() => effects.ends.close()),
  };
}

interface PageParameters extends Pick<DeliveriesParameters, 'store' | 'clock'> {
  readonly durableView: (networkId: RequestId, stored: Envelope) => DeliveryView;
}

async function pageOf(
  { store, clock, durableView }: PageParameters,
  { after, limit, matches }: DeliveryQuery,
): Promise<DeliveryPage> {
  const views: DeliveryView[] = [];
  let last = after;
  for (let scanned = 0; scanned < mostScanned; scanned += slice) {
    const read = [...store.scan('deliveries', [], { limit: slice, after: last && [last] })];
    for (const { key, value } of read) {
      last = key[0];
      const view = durableView(last, value);
      if (matches(view)) views.push(view);
      if (views.length === limit) return { views, last };
    }
    if (read.length < slice) return { views, last: undefined };
    await clock.turn();
  }
  return { views, last };
}
