// What a test, or a person at the control port, does to the fake network from outside of its protocol.
import type { Clock } from '../../clock.js';
import { ArtifactType } from '../../gen/artifact/artifact_pb.js';
import { type ExecutionStatus, FulfillmentStatus } from '../../gen/network/network_pb.js';
import type { Address, RequestId } from '../../ids.js';
import { type FakeRequest, type Ledger, secondsNow } from './ledger.js';
import type { FakeRecord } from './record.js';
import type { Switches } from './switches.js';

export interface Control {
  /** Who proves what is asked for by strategy HOSTED. */
  hosted: Address;
  addReservation(requester: Address, fulfiller: Address): void;
  removeReservation(requester: Address): void;
  /** From here on GetTEEWhitelistStatus says yes. */
  whitelistTee(address: Address): void;
  /** From here on the delegate signs for the owner. */
  delegate(delegate: Address, owner: Address): void;
  /** F16. */
  assign(requestId: RequestId, fulfiller: Address): void;
  /** F18, F19. */
  setStatus(requestId: RequestId, status: FulfillmentStatus): void;
  setExecution(requestId: RequestId, status: ExecutionStatus, cause?: number): void;
  /** F20. Seconds since the epoch. */
  setDeadline(requestId: RequestId, deadline: bigint): void;
  /** F17: somebody else has delivered this proof. */
  fulfilAsOther(requestId: RequestId, proof: Uint8Array, fulfiller: Address): void;
  turn(switches: Partial<Switches>): void;
  /** F13. */
  lagNonces(by: bigint): void;
  /** F14. */
  lagDetails(ms: number): void;
  /** F27: while a list is read, so many entries leave it before the next page; or come to it, when it is less than 0. */
  shiftPages(by: number): void;
  /** Nobody proves it any more. */
  unassign(requestId: RequestId): void;
}

export interface ControlledState {
  switches: Switches;
  nonceLag: bigint;
  detailsLagMs: number;
  pageShift: number;
}

/** The prover of Succinct's own that a test does not name. */
const someProver = '5b'.repeat(20) as Address;

export function createControl({
  ledger,
  record,
  clock,
  state,
}: {
  ledger: Ledger;
  record: FakeRecord;
  clock: Clock;
  state: ControlledState;
}): Control {
  function change(requestId: RequestId, act: (request: FakeRequest) => void): void {
    const request = ledger.requests.get(requestId);
    if (request === undefined) throw new Error(`the fake network has no request ${requestId}`);
    act(request);
    request.updatedAt = secondsNow(clock);
    record.changed();
  }
  return {
    hosted: someProver,
    addReservation: (requester, fulfiller) =>
      void ledger.reservations.set(requester, { fulfiller, createdAt: secondsNow(clock) }),
    removeReservation: (requester) => void ledger.reservations.delete(requester),
    whitelistTee: (address) => void ledger.teeWhitelist.add(address),
    delegate: (delegate, owner) => void ledger.owners.set(delegate, owner),
    assign: (requestId, fulfiller) =>
      change(requestId, (request) => {
        request.fulfiller = fulfiller;
      }),
    setStatus: (requestId, status) => change(requestId, (request) => ledger.become(request, status)),
    setExecution: (requestId, status, cause = 0) =>
      change(requestId, (request) => {
        request.execution = status;
        request.executeFailCause = cause;
      }),
    setDeadline: (requestId, deadline) =>
      change(requestId, (request) => {
        request.deadline = deadline;
      }),
    fulfilAsOther: (requestId, proof, fulfiller) =>
      change(requestId, (request) => {
        const artifact = ledger.newArtifact(ArtifactType.PROOF);
        artifact.bytes = Buffer.from(proof);
        request.proofArtifact = artifact;
        request.fulfiller = fulfiller;
        request.fulfilledAt = secondsNow(clock);
        ledger.become(request, FulfillmentStatus.FULFILLED);
      }),
    turn(switches) {
      state.switches = { ...state.switches, ...switches };
    },
    lagNonces(by) {
      state.nonceLag = by;
    },
    lagDetails(ms) {
      state.detailsLagMs = ms;
    },
    shiftPages(by) {
      state.pageShift = by;
    },
    unassign: (requestId) =>
      change(requestId, (request) => {
        request.fulfiller = undefined;
        ledger.become(request, FulfillmentStatus.REQUESTED);
      }),
  };
}
