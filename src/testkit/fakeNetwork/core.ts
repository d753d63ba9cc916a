// The network without a port: its state, its methods, its record and its faults. A server puts it on one, and a simulated world calls it.
import { AsyncLocalStorage } from 'node:async_hooks';
import type { IncomingHttpHeaders } from 'node:http';
import type { DescMessage } from '@bufbuild/protobuf';
import type { Clock } from '../../clock.js';
import { ArtifactStore } from '../../gen/artifact/artifact_pb.js';
import { ProverNetwork } from '../../gen/network/network_pb.js';
import type { CallContext, UnaryMethod } from '../../transport/grpc/call.js';
import { code, StatusError } from '../../transport/grpc/code.js';
import { befall, type Line } from './befall.js';
import { keyOf } from './bucket.js';
import { type Control, type ControlledState, createControl } from './control.js';
import { createFaults, type Faults } from './faults.js';
import { brokenRules } from './invariants.js';
import { createLedger, type Ledger } from './ledger.js';
import * as accounts from './methods/accounts.js';
import { cancelRequest } from './methods/cancelRequest.js';
import { createArtifact } from './methods/createArtifact.js';
import { createProgram, getProgram } from './methods/createProgram.js';
import { executeProof, failExecution } from './methods/execution.js';
import { failFulfillment, fulfillProof } from './methods/fulfill.js';
import { requestProof } from './methods/requestProof.js';
import * as requests from './methods/requests.js';
import { type FakeCall, FakeRecord } from './record.js';
import { refused } from './refused.js';
import { type Switches, usualSwitches } from './switches.js';
import type { FakeWorld } from './world.js';

export interface FakeCore {
  readonly ledger: Ledger;
  readonly record: FakeRecord;
  readonly faults: Faults;
  readonly control: Control;
  /** Each under its faults. To be answered within `arrive`. */
  readonly methods: readonly UnaryMethod[];
  /** What does not hold of all that has come: empty when everything does. `markers`: bytes that must never have come here. */
  invariants(markers?: readonly Uint8Array[]): string[];
  arrive<T>(arrival: Arriving, act: () => T): T;
}

export interface Arriving {
  readonly method: string;
  readonly headers: IncomingHttpHeaders;
  readonly peerPort: number;
  readonly line: Line;
}

export interface FakeCoreOptions {
  readonly clock: Clock;
  readonly switches?: Partial<Switches> | undefined;
  /** Of the chances of its faults. */
  readonly seed?: number | undefined;
  /** Of its store. */
  readonly url: () => string;
}

interface Arrival {
  readonly line: Line;
  readonly call: FakeCall;
}

export function createFakeCore({ clock, switches, seed, url }: FakeCoreOptions): FakeCore {
  const record = new FakeRecord();
  const faults = createFaults({ clock, ...(seed !== undefined && { seed }) });
  const arrivals = new AsyncLocalStorage<Arrival>();
  const state: ControlledState = {
    switches: { ...usualSwitches, ...switches },
    nonceLag: 0n,
    detailsLagMs: 0,
    pageShift: 0,
  };
  const ledger = createLedger({ clock, switches: () => state.switches });
  const control = createControl({ ledger, record, clock, state });
  const arrival = () => {
    const found = arrivals.getStore();
    if (found === undefined) throw new Error('outside of any call');
    return found;
  };
  const world: FakeWorld = {
    clock,
    ledger,
    record,
    call: () => arrival().call,
    switches: () => state.switches,
    hosted: () => control.hosted,
    uriOf: (artifact) => `s3://fake/${keyOf(artifact)}`,
    urlOf: (artifact) => `${url()}/fake/${keyOf(artifact)}`,
    artifactOf: (uri) => ledger.artifacts.get(/^s3:\/\/fake\/[a-z-]+\/(artifact_[0-9a-f]+)$/.exec(uri)?.[1] ?? ''),
    nonceLag: () => state.nonceLag,
    detailsLagMs: () => state.detailsLagMs,
    pageShift: () => state.pageShift,
  };
  return {
    ledger,
    record,
    faults,
    control,
    methods: methodsOf(world).map((method) => watched(method, { world, faults, arrival })),
    invariants: (markers = []) => brokenRules({ ledger, record }, markers),
    arrive({ method, headers, peerPort, line }, act) {
      const call: FakeCall = { at: clock.now(), method, peerPort, headers, raw: new Uint8Array(), verdict: 'open' };
      record.add(call);
      return arrivals.run({ line, call }, act);
    },
  };
}

const methodsOf = (world: FakeWorld): readonly UnaryMethod[] => [
  createArtifact(world),
  createProgram(world),
  getProgram(world),
  requestProof(world),
  cancelRequest(world),
  fulfillProof(world),
  failFulfillment(world),
  executeProof(world),
  failExecution(world),
  accounts.getNonce(world),
  accounts.getBalance(),
  accounts.getOwner(world),
  accounts.getTeeWhitelistStatus(world),
  accounts.getFilteredReservations(world),
  accounts.getTransactionDetails(world),
  requests.getProofRequestStatus(world),
  requests.getProofRequestDetails(world),
  requests.getFilteredProofRequests(world),
];

const answers = new Map<string, DescMessage>(
  [...ArtifactStore.methods, ...ProverNetwork.methods].map(({ name, output }) => [name, output]),
);

/** Notes what comes and how it ends, keeps to the limit, and lets faults happen. */
function watched(
  method: UnaryMethod,
  { world, faults, arrival }: { world: FakeWorld; faults: Faults; arrival: () => Arrival },
): UnaryMethod {
  const { record, clock } = world;
  async function judged(context: CallContext): Promise<Uint8Array> {
    const { messageLimitBytes: limit } = world.switches();
    const found = context.raw.byteLength;
    if (found > limit) {
      const text = `Error, decoded message length too large: found ${found} bytes, the limit is: ${limit} bytes`;
      throw refused('outOfRange', text);
    }
    return method.answer(context);
  }
  const schema = answers.get(method.path.split('/').at(-1) ?? '') as DescMessage;
  return {
    path: method.path,
    async answer(context) {
      const { call, line } = arrival();
      call.raw = context.raw;
      record.received.push({ what: call.method, bytes: context.raw });
      const lost = () => {
        call.verdict = 'lost';
        record.changed();
      };
      const refuseNonce = (expected: bigint | undefined) => {
        call.refusedNonce = { expected };
      };
      try {
        const befallen = { line, clock, schema, lost, refuseNonce };
        const answer = await befall(faults.next(call.method), befallen, () => judged(context));
        call.verdict = 'accepted';
        call.code = code.ok;
        return answer;
      } catch (error) {
        if (call.verdict === 'open') call.verdict = 'refused';
        if (error instanceof StatusError) call.code = error.status.code;
        throw error;
      } finally {
        record.changed();
      }
    },
  };
}
