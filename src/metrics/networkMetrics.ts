// Work with the public network in numbers: calls to it, reports, nonces, and what its lists have shown. Nothing of it is registered where the
// service is a network of its own.
import { deliveryStates } from '../machines/delivery/view.js';
import type { Network } from '../network/network.js';
import type { AdoptionWay, IntentTrace, NetworkWatch, ResyncReason, TryResult } from '../network/networkWatch.js';
import { grpcCodes } from './grpcCodes.js';
import { type Meter, provingBuckets, serviceBuckets } from './meter.js';

/** All that a front and a fulfiller ask. */
const rpcs = [
  'CreateArtifact',
  'CreateProgram',
  'FailExecution',
  'FailFulfillment',
  'FulfillProof',
  'GetBalance',
  'GetFilteredProofRequests',
  'GetFilteredReservations',
  'GetNonce',
  'GetOwner',
  'GetProgram',
  'GetProofRequestDetails',
  'RequestProof',
] as const;
const traces: readonly IntentTrace[] = ['candidate', 'list', 'watcher'];
const results: readonly TryResult[] = ['accepted', 'nonce', 'refused', 'unknown'];
const reasons: readonly ResyncReason[] = ['start', 'tooHigh', 'foreign', 'unnumbered', 'unknown'];
const ways: readonly AdoptionWay[] = ['input', 'public', 'failed', 'left'];
const ends = deliveryStates.slice(deliveryStates.indexOf('delivered'));

export function createNetworkMetrics(meter: Meter): NetworkWatch {
  const calls = meter.counter({
    name: 'sealed_network_calls_total',
    help: 'Calls to the public network that have ended.',
    labels: { rpc: rpcs, code: grpcCodes },
  });
  const callSeconds = meter.histogram({
    name: 'sealed_network_call_seconds',
    help: 'From a call to the public network to its answer.',
    labels: { rpc: rpcs },
    buckets: serviceBuckets,
  });
  const forwardSeconds = meter.histogram({
    name: 'sealed_request_forward_seconds',
    help: 'From a client’s RequestProof that may be passed on until the network has it and it is on disk here.',
    buckets: serviceBuckets,
  });
  const found = meter.counter({
    name: 'sealed_intents_found_total',
    help: 'Requests whose answer from the network was lost and that were found there, by what has shown them.',
    labels: { how: traces },
  });
  const tries = meter.counter({
    name: 'sealed_delivery_tries_total',
    help: 'Calls with a report that have ended, by how.',
    labels: { result: results },
  });
  const deliverySeconds = meter.histogram({
    name: 'sealed_delivery_seconds',
    help: 'From a report on disk until the network has accepted it.',
    buckets: provingBuckets,
  });
  const ended = meter.counter({
    name: 'sealed_deliveries_ended_total',
    help: 'Deliveries that have ended, by the state that they have ended in.',
    labels: { state: ends },
  });
  const elsewhere = count(
    meter,
    'sealed_assigned_elsewhere_total',
    'Requests that the network gave to another prover.',
  );
  const withheld = count(
    meter,
    'sealed_withheld_total',
    'Proofs that were kept from the network, as the operator wants.',
  );
  const late = count(
    meter,
    'sealed_late_total',
    'Reports that the network did not have when their deadline had passed.',
  );
  const resyncs = meter.counter({
    name: 'sealed_nonce_resyncs_total',
    help: 'Times that the next nonce of a key was not known, or another than was thought.',
    labels: { why: reasons },
  });
  const pages = count(meter, 'sealed_watcher_pages_total', 'Pages of the network’s lists that were read.');
  const adopted = meter.counter({
    name: 'sealed_adopted_total',
    help: 'Requests assigned to us that were not known here, by what was done: proved with an input of here or a public one, failed, left.',
    labels: { how: ways },
  });
  const duplicates = count(meter, 'sealed_duplicates_total', 'Requests that the network has twice.');
  const fetchSeconds = meter.histogram({
    name: 'sealed_program_fetch_seconds',
    help: 'From the begin of fetching a program that others have registered until it is stored here.',
    buckets: provingBuckets,
  });
  const fetchedBytes = count(meter, 'sealed_program_bytes_total', 'Bytes of programs that were fetched.');

  return {
    called(rpc, code, ms) {
      calls.add({ rpc, code: grpcCodes[code] ?? 'unknown' });
      callSeconds.observe({ rpc }, ms / 1000);
    },
    forwarded: (ms) => forwardSeconds.observe({}, ms / 1000),
    intentFound: (how) => found.add({ how }),
    tried: (result) => tries.add({ result }),
    moved({ state, context, updatedAt }, owedMs) {
      if (!ends.includes(state)) return;
      ended.add({ state });
      if (state === 'foreign') elsewhere();
      if (state === 'withheld') withheld();
      const isReported = state === 'delivered' || state === 'refused' || state === 'expired';
      if (isReported && context.report !== null && updatedAt > context.deadlineAt) late();
      if (context.acceptedTx !== null && owedMs !== undefined) deliverySeconds.observe({}, owedMs / 1000);
    },
    resynced: (why) => resyncs.add({ why }),
    pageRead: () => pages(),
    adopted: (how) => adopted.add({ how }),
    duplicated: () => duplicates(),
    programFetched(ms, sizeBytes) {
      fetchSeconds.observe({}, ms / 1000);
      fetchedBytes(sizeBytes);
    },
  };
}

function count(meter: Meter, name: string, help: string): (by?: number) => void {
  const counter = meter.counter({ name, help });
  return (by = 1) => counter.add({}, by);
}

/** What is asked whenever the metrics are read. */
export function registerNetworkState(meter: Meter, network: Pick<Network, 'health' | 'counts'>): void {
  meter.gauge(
    { name: 'sealed_network_reachable', help: 'Whether the public network has answered lately: 1 or 0.' },
    () => [{ value: network.health().reachable ? 1 : 0 }],
  );
  meter.gauge(
    { name: 'sealed_network_reports_pending', help: 'Reports that the public network does not have.' },
    () => [{ value: network.health().pending }],
  );
  meter.gauge(
    { name: 'sealed_oldest_pending_seconds', help: 'How long the oldest of those reports has waited.' },
    () => [{ value: network.health().oldestPendingSeconds }],
  );
  meter.gauge(
    {
      name: 'sealed_deliveries',
      help: 'Requests of the public network whose report it does not have, by the state of their delivery.',
      labels: { state: deliveryStates.filter((state) => !ends.includes(state)) },
    },
    () => [...network.counts().deliveries].map(([state, value]) => ({ labels: { state }, value })),
  );
  meter.gauge(
    { name: 'sealed_intents_open', help: 'Requests that were passed on, and what became of them is not known.' },
    () => [{ value: network.counts().intents }],
  );
  meter.total(
    { name: 'sealed_nonce_foreign_total', help: 'Nonces of our keys that somebody else has used up.' },
    () => [{ value: network.counts().foreignNonces }],
  );
  meter.gauge(
    { name: 'sealed_watcher_lag_seconds', help: 'How long ago the network’s lists were last read to the end.' },
    () => {
      const { watcherLagMs } = network.counts();
      return watcherLagMs === undefined ? [] : [{ value: watcherLagMs / 1000 }];
    },
  );
}
